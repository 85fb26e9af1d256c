// A phone on which a person plays a customer by SMS. The list of messages comes whole whenever the stream (re)opens;
// changes then come one by one, so that nothing falls between the two.

const defaults = ['+12025550142', '+12025550143', '+12025550144'];
const $ = (id) => document.getElementById(id);

const wanted = new URLSearchParams(location.search).get('number');
let phone = tidy(wanted ?? localStorage.getItem('phone') ?? defaults[0]) ?? defaults[0];
let stream;
let messages = new Map();

// An unescaped plus in an address has become a blank.
function tidy(raw) {
  const digits = raw.trim().replace(/^\+/, '').replace(/[\s().-]/g, '');
  return /^[1-9]\d{6,14}$/.test(digits) ? `+${digits}` : null;
}

function readable(number) {
  const us = number.match(/^\+1(\d{3})(\d{3})(\d{4})$/);
  return us ? `+1 (${us[1]}) ${us[2]}-${us[3]}` : number;
}

function api(path, options) {
  return fetch(`/api/phones/${encodeURIComponent(phone)}/${path}`, options);
}

function post(path, body) {
  return api(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

async function showPhones() {
  const { items } = await (await fetch('/api/phones')).json();
  const last = new Map(items.map((p) => [p.number, p.last]));
  const numbers = [...new Set([...defaults, ...last.keys(), phone])];
  $('phones').replaceChildren(...numbers.map((number) => {
    const entry = document.createElement('li');
    const link = document.createElement('a');
    link.href = `?number=${encodeURIComponent(number)}`;
    if (number === phone) link.setAttribute('aria-current', 'true');
    const name = document.createElement('b');
    name.textContent = readable(number);
    const preview = document.createElement('span');
    preview.textContent = last.get(number) ?? 'No messages yet';
    link.append(name, preview);
    entry.append(link);
    return entry;
  }));
}

function bubble(message) {
  const item = document.createElement('li');
  item.className = 'bubble';
  item.dataset.testid = 'phone-message';
  item.dataset.direction = message.direction;
  item.dataset.sid = message.sid;
  item.dir = 'auto';
  item.append(message.text);
  for (const file of message.media) {
    if (!file.content_type.startsWith('image/') && file.content_type) continue;
    const image = document.createElement('img');
    image.src = file.url;
    image.alt = 'Picture';
    item.append(image);
  }
  return item;
}

// Under a sent message: nothing when all is well, as on a real phone, else what went wrong and the way out.
function fate(message) {
  if (message.direction !== 'sent' || !message.webhook) return null;
  const { status, attempts } = message.webhook;
  if (status >= 200 && status < 300) return null;
  const line = document.createElement('li');
  line.className = 'fate';
  line.dataset.failed = 'true';
  line.append(status ? `Not delivered: Tandem answered ${status}.` : 'Not delivered: Tandem gave no answer.');
  if (attempts > 1) line.append(` ${attempts} tries.`);
  const again = document.createElement('button');
  again.type = 'button';
  again.textContent = 'Try again';
  again.addEventListener('click', () => {
    again.disabled = true;
    api(`messages/${message.sid}/retry`, { method: 'POST' }).catch(() => { again.disabled = false; });
  });
  line.append(' ', again);
  return line;
}

function dayLine(at) {
  const line = document.createElement('li');
  line.className = 'day';
  line.textContent = at.toLocaleString([], { weekday: 'short', hour: '2-digit', minute: '2-digit' });
  return line;
}

function render() {
  const thread = $('thread');
  const atEnd = thread.scrollHeight - thread.scrollTop - thread.clientHeight < 60;
  const sorted = [...messages.values()].sort((a, b) => a.at.localeCompare(b.at));
  const lines = [];
  let previous = 0;
  for (const message of sorted) {
    const at = new Date(message.at);
    if (at - previous > 30 * 60_000) lines.push(dayLine(at));
    previous = at;
    lines.push(bubble(message));
    const trouble = fate(message);
    if (trouble) lines.push(trouble);
  }
  if (lines.length === 0) {
    const empty = document.createElement('li');
    empty.className = 'empty';
    empty.textContent = 'Write the first message. It goes to the contact center as a text from this number.';
    lines.push(empty);
  }
  // Bubbles that are on the screen already must not play their arrival again.
  const known = new Set([...thread.querySelectorAll('.bubble')].map((b) => b.dataset.sid));
  for (const line of lines) if (known.has(line.dataset.sid)) line.style.animation = 'none';
  thread.replaceChildren(...lines);
  if (atEnd) thread.scrollTop = thread.scrollHeight;
}

function connection(state) {
  $('link').dataset.state = state;
  $('link').textContent = state === 'on' ? 'SMS' : 'No service';
}

function open() {
  stream?.close();
  const mine = new EventSource(`/api/phones/${encodeURIComponent(phone)}/events`);
  stream = mine;
  mine.addEventListener('ready', async () => {
    const { items } = await (await api('messages')).json();
    if (stream !== mine) return;
    messages = new Map(items.map((m) => [m.sid, m]));
    connection('on');
    render();
    $('thread').scrollTop = $('thread').scrollHeight;
  });
  mine.addEventListener('message', (event) => {
    if (stream !== mine || !event.data) return;
    const message = JSON.parse(event.data);
    messages.set(message.sid, message);
    render();
    showPhones();
  });
  mine.addEventListener('error', () => connection('off'));
}

function use(number) {
  phone = number;
  localStorage.setItem('phone', number);
  history.replaceState(null, '', `?number=${encodeURIComponent(number)}`);
  document.title = `${readable(number)} · phone`;
  $('number').value = number;
  messages = new Map();
  render();
  open();
  showPhones();
}

async function send() {
  const text = $('text').value;
  if (!text.trim()) return;
  $('text').value = '';
  resized();
  try {
    const answer = await post('messages', { text });
    if (!answer.ok) throw new Error((await answer.json()).error);
  } catch (error) {
    // The text goes back where it came from unless something new has been typed.
    if (!$('text').value) $('text').value = text;
    $('number-error').textContent = `Not sent: ${error.message}`;
    resized();
  }
}

function resized() {
  $('send').disabled = !$('text').value.trim();
}

$('own').addEventListener('submit', (event) => {
  event.preventDefault();
  const number = tidy($('number').value);
  $('number-error').textContent = number ? '' : 'A number looks like +12025550142.';
  if (number) use(number);
});
$('number').addEventListener('change', () => $('own').requestSubmit());
$('phones').addEventListener('click', (event) => {
  const link = event.target.closest('a');
  if (!link || event.metaKey || event.ctrlKey) return;
  event.preventDefault();
  use(tidy(new URL(link.href).searchParams.get('number')));
});
$('write').addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
$('text').addEventListener('input', resized);
$('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});

function tick() {
  $('clock').textContent = new Date().toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' });
}
tick();
setInterval(tick, 5_000);
fetch('/api/info').then((answer) => answer.json()).then((info) => { $('business').textContent = readable(info.number); });
use(phone);
