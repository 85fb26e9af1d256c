import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inkOn } from './color';
import { parts } from './links';

test('only web, mail and phone addresses become links, and the rest stays as it was written', () => {
  const text = '<script>alert(1)</script> [x](javascript:alert(1)) see https://example.test/a?b=c. mailto:a@b.test';
  const found = parts(text);
  assert.equal(found.map((part) => part.text).join(''), text);
  assert.deepEqual(found.filter((part) => part.href).map((part) => part.href), ['https://example.test/a?b=c', 'mailto:a@b.test']);
});

test('an address inside markup ends at the bracket', () => {
  assert.deepEqual(parts('http://example.test/?q=<b>').map((part) => part.href), ['http://example.test/?q=', undefined]);
});

test('a broken address stays text', () => {
  assert.deepEqual(parts('http://[x'), [{ text: 'http://[x' }]);
});

test('the ink on a colour is the one that can be read', () => {
  assert.equal(inkOn('#2563eb'), '#ffffff');
  assert.equal(inkOn('#ffe066'), '#000000');
  assert.equal(inkOn('red;}'), null);
});
