// The entry: one script tag with data-channel puts the chat on a page. Where it was loaded from is where it talks to.

import { Controller } from './controller';

const tag = document.currentScript ?? document.querySelector('script[data-channel][src*="widget.js"]');

function start(): void {
  if (!(tag instanceof HTMLScriptElement)) return;
  const key = tag.dataset['channel'];
  if (!key) {
    console.error('Tandem widget: the script tag needs data-channel.');
    return;
  }
  if (document.querySelector(`tandem-widget[data-channel="${CSS.escape(key)}"]`)) return; // the tag is there twice
  const host = document.createElement('tandem-widget');
  host.dataset['channel'] = key;
  document.body.append(host);
  new Controller(host, new URL(tag.src, location.href).origin, key);
}

if (document.body) start();
else addEventListener('DOMContentLoaded', start);
