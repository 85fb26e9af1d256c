// The simulator's first page: links, the trouble switch and the list of numbers with a fate.

const answers = {
  '': 'accepted', refuse: 'refused (21211)', throttle: '429, Retry-After 1', fail_before: '500, not accepted',
  fail_after: '500, but accepted', drop_before: 'connection lost, not accepted', drop_after: 'connection lost, but accepted',
  hang_after: 'never answered, but accepted', garble_after: 'accepted, unreadable answer',
};
const receipts = {
  '': 'sent, then delivered', reversed: 'out of order', repeated: 'each one twice', none: 'none', early: 'before the answer',
};

const form = document.querySelector('#trouble');
const state = document.querySelector('#trouble-state');

function fill(select, words, known) {
  select.replaceChildren(...known.map((value) => new Option(words[value] ?? value, value)));
}

function show(trouble) {
  for (const name of ['answer', 'times', 'receipts', 'undelivered']) form.elements[name].value = trouble[name];
  const on = Boolean(trouble.answer || trouble.receipts || trouble.undelivered);
  state.dataset.on = String(on);
  state.textContent = on ? 'Trouble is on.' : 'The provider is in good health.';
}

async function put(trouble) {
  const answer = await fetch('/api/trouble', {
    method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(trouble),
  });
  const body = await answer.json();
  if (answer.ok) show(body);
  else state.textContent = body.error;
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  put({
    answer: form.elements.answer.value, receipts: form.elements.receipts.value,
    times: Number(form.elements.times.value), undelivered: Number(form.elements.undelivered.value),
  });
});
document.querySelector('#calm').addEventListener('click', () => put({}));

const info = await (await fetch('/api/info')).json();
document.querySelector('#console').href = info.tandem_url;
fill(form.elements.answer, answers, info.answers);
fill(form.elements.receipts, receipts, info.receipts);
document.querySelector('#magic').replaceChildren(...info.magic.map((magic) => {
  const row = document.createElement('tr');
  const link = document.createElement('a');
  link.href = `/phone?number=${encodeURIComponent(magic.number)}`;
  link.textContent = magic.number;
  row.insertCell().append(link);
  row.insertCell().append(magic.effect);
  return row;
}));
show(await (await fetch('/api/trouble')).json());
