// Package webchat is the channel of our own widget. The widget talks to our API directly and agents' messages reach
// it over the event stream, so no provider signs, calls or is called here.
package webchat
