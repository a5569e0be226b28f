'use strict';

// Light and dark: as the system says, until a reader chooses. The choice is kept where the browser
// keeps things for files.

const Theme = (() => {
  const KEY = 'lathe-theme';
  const NAMES = {auto: 'Theme: system', light: 'Theme: light', dark: 'Theme: dark'};
  const listeners = [];
  let current = 'auto';

  function stored() {
    try {
      return localStorage.getItem(KEY);
    } catch (unavailable) {
      return null;
    }
  }

  function apply(theme, keep) {
    current = theme in NAMES ? theme : 'auto';
    if (current === 'auto') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = current;
    byId('theme').textContent = NAMES[current];
    if (keep) {
      try {
        localStorage.setItem(KEY, current);
      } catch (unavailable) {
        // The choice then lasts as long as the page.
      }
    }
    listeners.forEach(listener => listener());
  }

  // Charts are drawn on canvases, which know no style sheets: they ask for resolved colours.
  function colour(name) {
    const probe = el('span', {hidden: true});
    probe.style.color = 'var(--' + name + ')';
    document.body.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
  }

  function start() {
    const order = Object.keys(NAMES);
    byId('theme').addEventListener('click', () =>
        apply(order[(order.indexOf(current) + 1) % order.length], true));
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => apply(current));
    apply(stored() || 'auto');
  }

  return {start, colour, changed: listener => listeners.push(listener)};
})();
