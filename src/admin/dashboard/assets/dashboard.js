// Keeps the page current: replaces the parts that changed and leaves alone what a person is working in.

const connection = document.querySelector('[data-connection]');

const LOCAL = new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium' });
const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
];

function distance(ms) {
  const [seconds, unit] = UNITS.find(([each]) => Math.abs(ms) >= each * 1000) ?? [];
  if (unit === undefined) return 'now';
  const words = `${Math.floor(Math.abs(ms) / 1000 / seconds)} ${unit}`;
  return ms > 0 ? `${words} ago` : `in ${words}`;
}

/** The server writes UTC, and knows no other zone. */
function toLocalTimes(root) {
  for (const time of root.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    const text = `${LOCAL.format(at)} (${distance(Date.now() - at)})`;
    if (time.textContent === text) continue;
    time.title ||= time.textContent;
    time.textContent = text;
  }
}

function isInUse(part) {
  const focused = document.activeElement;
  const editing = part.contains(focused) && focused.matches('input, select, textarea');
  const touched = [...part.querySelectorAll('input:not([type=hidden])')].some(
    (field) => field.value !== field.defaultValue,
  );
  const chosen = [...part.querySelectorAll('select')].some((field) =>
    [...field.options].some((option) => option.selected !== option.defaultSelected && field.value !== ''),
  );
  return editing || touched || chosen;
}

const FOCUSABLE = 'a, button, input, select, summary, [tabindex]';

/** By which the keyboard's place is found again in what has changed. */
function nameOf(element) {
  return element.id || element.getAttribute('href') || element.ariaLabel || element.localName;
}

function replace(part, fresh) {
  if (part.innerHTML === fresh.innerHTML || isInUse(part)) return;
  const focused = part.contains(document.activeElement) ? nameOf(document.activeElement) : '';
  const open = [...part.querySelectorAll('details')].map((details) => details.open);
  part.replaceChildren(...fresh.childNodes);
  for (const [index, details] of part.querySelectorAll('details').entries())
    details.open = open[index] ?? false;
  if (focused === '') return;
  const same = [...part.querySelectorAll(FOCUSABLE)].find((each) => nameOf(each) === focused);
  (same ?? document.getElementById('main')).focus({ preventScroll: true });
}

function show(markup) {
  const fresh = new DOMParser().parseFromString(markup, 'text/html');
  toLocalTimes(fresh);
  const parts = [...document.querySelectorAll('[data-live]')];
  const arrived = [...fresh.querySelectorAll('[data-live]')];
  // A page whose parts are others than before, as when a provider is used for the first time, is loaded anew.
  if (parts.map(({ id }) => id).join() !== arrived.map(({ id }) => id).join()) {
    if (!parts.some(isInUse)) location.reload();
    return;
  }
  for (const [index, part] of parts.entries()) replace(part, arrived[index]);
}

function say(text) {
  if (connection.textContent !== text) connection.textContent = text;
}

toLocalTimes(document);
setInterval(() => toLocalTimes(document), 30_000);

function listen() {
  const live = new URL('../live', import.meta.url);
  live.searchParams.set('page', location.pathname + location.search);
  const source = new EventSource(live);
  source.addEventListener('open', () => say('Live'));
  // A browser gives up on its own account once it has got another answer than a stream.
  source.addEventListener('error', () =>
    say(
      source.readyState === EventSource.CLOSED
        ? 'Not live: load the page again'
        : 'Not live: the connection is lost, trying again',
    ),
  );
  source.addEventListener('page', ({ data }) => show(data));
  source.addEventListener('over', () => {
    source.close();
    say('Not live: the session is over, sign in again');
  });
  addEventListener('pagehide', () => source.close());
}

// A question, and what became of an order, do not move.
if (document.querySelector('[data-live]')) listen();
else say('');
