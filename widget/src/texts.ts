function aboutMinutes(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  return minutes === 1 ? 'about a minute' : `about ${minutes} minutes`;
}

// Every word the visitor reads, in one place.
export const texts = {
  open: 'Open chat',
  openUnread: (n: number) => `Open chat, ${n} unread ${n === 1 ? 'message' : 'messages'}`,
  close: 'Close chat',
  title: 'Chat with us',
  greeting: 'Hello! How can we help you?',
  waiting: 'Somebody will be with you soon.',
  place: (position: number, seconds: number | null) => `You are number ${position} in line${seconds ? `, ${aboutMinutes(seconds)}` : ''}`,
  with: (name: string) => `You are now talking to ${name}`,
  connecting: 'Connecting…',
  offline: 'Connection lost. Trying again…',
  unavailable: 'The chat can’t be reached. Trying again…',
  notFound: 'This chat is not available.',
  ready: 'Write to us.',
  over: 'This chat is over.',
  name: 'Your name (optional)',
  input: 'Write a message',
  send: 'Send',
  sending: 'Sending…',
  sent: 'Sent',
  failed: 'Not sent.',
  retry: 'Try again',
  end: 'End chat',
  endQuestion: 'End this chat?',
  endConfirm: 'End chat',
  endKeep: 'Keep chatting',
  endFailed: 'The chat could not be ended. Try again.',
  endedByYou: 'You ended the chat.',
  ended: 'The chat has ended.',
  startNew: 'Start a new chat',
  tooLong: (over: number) => `${over} ${over === 1 ? 'character' : 'characters'} too many`,
  newMessage: (name: string) => `${name} writes: `,
  agent: 'Agent',
  messages: 'Messages',
  today: 'Today',
  yesterday: 'Yesterday',
} as const;
