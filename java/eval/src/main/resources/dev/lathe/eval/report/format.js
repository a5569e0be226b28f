'use strict';

// How numbers are written, and how elements are made. Text reaches the page through text nodes
// alone: nothing here or in the other scripts parses markup.

const MISSING = '–';

function percent(share, digits = 1) {
  return share == null ? MISSING : (100 * share).toFixed(digits) + ' %';
}

function points(share) {
  if (share == null) return MISSING;
  const value = (100 * share).toFixed(1);
  if (Number(value) === 0) return '0.0';
  return share > 0 ? '+' + value : '−' + value.slice(1);
}

function interval(low, high, write = percent) {
  return low == null ? '' : '[' + write(low).replace(' %', '') + ', ' + write(high) + ']';
}

function count(value) {
  return value == null ? MISSING : Math.round(value).toLocaleString('en');
}

function bytes(value) {
  if (value == null) return MISSING;
  const [unit, size] = value >= 1e9 ? ['GB', 1e9] : ['MB', 1e6];
  return (value / size).toPrecision(3).replace(/\.?0+$/, '') + ' ' + unit;
}

function number(value, digits = 2) {
  return value == null ? MISSING : value.toFixed(digits);
}

function plural(value, one, many = one + 's') {
  return count(value) + ' ' + (value === 1 ? one : many);
}

// An element with properties (className, hidden…), attributes where a name has a hyphen, handlers
// where the value is a function, and children: elements or texts.
function el(tag, properties, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties || {})) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (name.includes('-') || name === 'role' || name === 'scope') element.setAttribute(name, value);
    else element[name] = value;
  }
  element.append(...children.filter(child => child != null));
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

// Fills a select; options are [value, text].
function choices(id, options, changed) {
  const select = byId(id);
  select.replaceChildren(...options.map(([value, text]) => el('option', {value}, text)));
  if (changed) select.addEventListener('change', changed);
  return select;
}
