import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as S from './state';
import { texts as words } from './texts';
import type { WireChat, WireMessage } from './types';

const chat = (phase: WireChat['phase'], id = 'c1'): WireChat => ({ id, phase, owner: { id: 'a', name: 'Ada' } });

function message(change: Partial<WireMessage>): WireMessage {
  return {
    id: `m${change.seq ?? 1}`, chat_id: 'c1', seq: 1, side: 'agent', kind: 'text', text: 'x', status: 'sent',
    created_at: `2026-11-25T10:00:0${change.seq ?? 1}.000Z`, ...change,
  };
}

const texts = (state: S.State): string[] => state.items.map((item) => item.text);

test('messages are ordered by the server’s number and never doubled', () => {
  let state = S.withMessages(S.empty, [message({ seq: 3, text: 'three' }), message({ seq: 1, text: 'one' })]);
  state = S.withMessages(state, [message({ seq: 2, text: 'two' }), message({ seq: 3, text: 'three' })]);
  assert.deepEqual(texts(state), ['one', 'two', 'three']);
});

test('a later chat follows an earlier one although its numbers begin anew', () => {
  const state = S.withMessages(S.empty, [
    message({ id: 'b1', chat_id: 'c2', seq: 1, text: 'new', created_at: '2026-11-26T10:00:00.000Z' }), message({ seq: 7, text: 'old' }),
  ]);
  assert.deepEqual(texts(state), ['old', 'new']);
});

test('notes between colleagues are never shown', () => {
  assert.equal(S.withMessages(S.empty, [message({ kind: 'note' })]).items.length, 0);
});

test('an optimistic bubble becomes the stored message, whether the answer or the event comes first', () => {
  const pending = S.withPending(S.empty, 'k1', 'hi', '2026-11-25T10:00:00.000Z');
  const event = message({ id: 'm9', seq: 4, side: 'customer', client_id: 'k1', text: 'hi' });
  const receipt = { id: 'm9', chat_id: 'c1', client_id: 'k1', duplicate: false };
  for (const state of [
    S.withMessages(S.withReceipt(pending, receipt), [event]), S.withReceipt(S.withMessages(pending, [event]), receipt),
  ]) {
    assert.equal(state.items.length, 1);
    assert.equal(state.items[0]?.status, 'sent');
    assert.equal(state.items[0]?.seq, 4);
  }
});

test('what is on its way stays last and a failure tells why', () => {
  let state = S.withPending(S.empty, 'k1', 'mine', '2026-11-25T09:00:00.000Z');
  state = S.withMessages(state, [message({ text: 'theirs' })]);
  state = S.withStatus(state, 'k1', 'failed', 'too long');
  assert.deepEqual(texts(state), ['theirs', 'mine']);
  assert.equal(state.items[1]?.problem, 'too long');
});

test('unread counts agents’ messages since the last look', () => {
  let state = S.withMessages(S.empty, [message({ seq: 1 }), message({ seq: 2 }), message({ seq: 3, side: 'customer', client_id: 'k' })]);
  assert.equal(S.unread(state), 2);
  state = S.seen(state);
  assert.equal(S.unread(state), 0);
  assert.equal(S.unread(S.withMessages(state, [message({ seq: 4 })])), 1);
});

test('the end is shown until the visitor writes again or asks for a new chat', () => {
  let state = S.withChat(S.withMessages(S.empty, [message({})]), chat('customer_left'));
  assert.equal(S.ended(state, ''), true);
  assert.equal(state.endedByMe, true);
  assert.equal(S.ended(state, 'c1'), false);
  state = S.withPending(state, 'k1', 'one more thing', '2026-11-25T11:00:00.000Z');
  assert.equal(S.ended(state, ''), false);
  assert.equal(S.ended(S.withChat(state, chat('active')), ''), false);
});

test('a chat the agent closed was not ended by the visitor, one the visitor left stays theirs', () => {
  assert.equal(S.withChat(S.withChat(S.empty, chat('active')), chat('closed')).endedByMe, false);
  assert.equal(S.withChat(S.withChat(S.empty, chat('customer_left')), chat('closed')).endedByMe, true);
  assert.equal(S.withChat(S.withChat(S.empty, chat('customer_left')), chat('closed', 'c2')).endedByMe, false);
});

test('the place in line is shown while the chat waits, and only for the chat it is about', () => {
  const place = { position: 2, seconds: 150 };
  let state = S.withChat(S.empty, chat('queued'));
  assert.equal(S.withPlace(state, 'c0', place).place, null);
  state = S.withPlace(state, 'c1', place);
  assert.deepEqual(state.place, place);
  assert.deepEqual(S.withChat(state, chat('queued')).place, place);
  assert.equal(S.withChat(state, chat('queued', 'c2')).place, null);
  assert.equal(S.withChat(state, chat('active')).place, null);
  assert.equal(S.withPlace(S.withChat(state, chat('active')), 'c1', place).place, null, 'it came after the wait was over');
});

test('the place is told in words', () => {
  assert.equal(words.place(2, 180), 'You are number 2 in line, about 3 minutes');
  assert.equal(words.place(1, 30), 'You are number 1 in line, about a minute');
  assert.equal(words.place(7, null), 'You are number 7 in line');
  assert.equal(words.with('Ada'), 'You are now talking to Ada');
});

test('what colleagues do with the chat is no message, what the system tells the customer is', () => {
  const state = S.withMessages(S.empty, [
    message({ seq: 1, side: 'system', kind: 'event', text: 'Ada took the chat' }), message({ seq: 2, side: 'system', text: 'Please wait' }),
  ]);
  assert.deepEqual(texts(state), ['Please wait']);
});

test('invisible characters are no message, and length counts characters', () => {
  assert.equal(S.visible(' \u00a0 \u200b\n'), false);
  assert.equal(S.visible('\u200f.'), true);
  assert.equal(S.excess('😀'.repeat(1600)), 0);
  assert.equal(S.excess('😀'.repeat(1601)), 1);
});
