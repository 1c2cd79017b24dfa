import { render } from 'preact';
import 'uplot/dist/uPlot.min.css';
import './style.css';
import { follow } from './feed.ts';
import { createStore } from './model/store.ts';
import { App } from './view/app.tsx';

/** How often what is new is drawn. */
const DRAW_MS = 500;

const store = createStore();
const page = document.getElementById('page')!;
let isChanged = true;
let isAsked = false;
let ticks = 0;
let lastMs = 0;
const follower = follow(store, document.documentElement.dataset['feed'] ?? '/ws', () => (isChanged = true));
const draw = (): void => {
  isAsked = isChanged = false;
  lastMs = performance.now();
  render(<App store={store} follower={follower} tick={(ticks += 1)} />, page);
};
const ask = (): void => {
  // Uptimes and the time to the next attempt go on by themselves.
  if (isAsked || !(isChanged || performance.now() - lastMs > 1_000)) return;
  isAsked = true;
  // A page that nobody sees is not drawn.
  requestAnimationFrame(draw);
};
draw();
setInterval(ask, DRAW_MS);
