// Package simulate answers "what if": it replays customers who came and agents who were there under other rules of routing, in
// skipped time, with the code by which the product itself hands out chats and reckons deadlines (routing.Match and
// routing.Clocks). It is pure and gives the same answer to the same question: no clock, no chance, no store.
//
// What it doesn't know it leaves out, and docs/routing.md says so: agents accept what they are offered at once, chats aren't
// transferred or held, and the time with a chat is the recorded one, whoever gets it.
package simulate
