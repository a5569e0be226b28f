'use strict';

// Every answer: a list that filters narrow, and what an answer holds once it is opened.

const Answers = (() => {
  const {results, figures} = Data;
  const PAGE = 40;
  const VERDICTS = {right: '✓ right', wrong: '✗ wrong', none: '○ no answer', failed: '⚠ failed'};
  const ORDERS = {
    question: () => 0,
    longest: (a, b) => b.tokens - a.tokens,
    shortest: (a, b) => a.tokens - b.tokens,
  };
  const FILTERS = {
    task: (answer, value) => String(answer.question.task) === value,
    model: (answer, value) => String(answer.model) === value,
    verdict: (answer, value) => answer.verdict === value || (value === 'not-right' && ['wrong', 'none'].includes(answer.verdict)),
    change: (answer, value) => answer.change === value,
    ending: (answer, value) => value === 'normal' ? !answer.truncated && !answer.repeating : answer[value],
    text: (answer, value) => [answer.question.id, answer.answer, ...answer.question.expected]
        .some(text => text != null && text.toLowerCase().includes(value.toLowerCase())),
  };
  let selected = [];
  let shown = 0;

  function field(name) {
    return byId('filter-' + name);
  }

  function select() {
    const active = Object.entries(FILTERS).map(([name, test]) => [test, field(name).value.trim()]).filter(([, value]) => value);
    selected = Data.answers.filter(answer => active.every(([test, value]) => test(answer, value)));
    const order = field('order').value;
    if (order !== 'question') selected.sort(ORDERS[order]);
    shown = 0;
    byId('answers').replaceChildren();
    byId('count').textContent = selected.length === Data.answers.length
        ? 'All ' + plural(selected.length, 'answer')
        : count(selected.length) + ' of ' + plural(Data.answers.length, 'answer');
    more();
  }

  function more() {
    byId('answers').append(...selected.slice(shown, shown + PAGE).map(row));
    shown = Math.min(shown + PAGE, selected.length);
    const left = selected.length - shown;
    byId('more').hidden = !left;
    byId('more').textContent = 'Show ' + Math.min(PAGE, left) + ' more of ' + count(left);
  }

  function badge(verdict) {
    return el('span', {className: 'badge ' + verdict}, VERDICTS[verdict]);
  }

  function tags(answer) {
    const change = {lost: 'right before', gained: 'wrong before'}[answer.change];
    const words = [change, answer.truncated && 'cut by the cap', answer.repeating && 'repeats itself'].filter(Boolean);
    return words.length ? el('span', {className: 'tags'}, ' ' + words.join(', ')) : null;
  }

  function row(answer) {
    const {question} = answer;
    const sample = results.settings.samples > 1 ? ', sample ' + (answer.sample + 1) : '';
    const details = el('details', {className: 'answer'}, el('summary', {},
        badge(answer.verdict),
        el('span', {}, results.tasks[question.task].title + ' ' + question.id + sample),
        el('span', {className: 'pair'}, results.models[answer.model].model.name),
        el('span', {className: 'pair'}, (answer.answer ?? MISSING) + ' (expected ' + question.expected[0] + ')', tags(answer)),
        el('span', {className: 'tokens'}, answer.verdict === 'failed' ? '' : plural(answer.tokens, 'token'))));
    details.addEventListener('toggle', () => {
      if (details.open && details.children.length === 1) open(details, answer);
    });
    return details;
  }

  async function open(details, answer) {
    const inside = el('div', {className: 'inside'});
    details.append(inside);
    try {
      const texts = await Data.unpack(answer.question);
      inside.append(...content(answer, texts));
    } catch (error) {
      inside.append(el('p', {className: 'note'}, 'The texts cannot be unpacked here: ' + error.message));
    }
  }

  function content(answer, texts) {
    const parts = [fold('Prompt', prompt(texts))];
    parts.push(...output(answer, texts.answers[answer.place]), facts(answer, texts.answers[answer.place]));
    if (answer.before) {
      const before = texts.answers[answer.before.place];
      parts.push(fold('The original’s answer', [
        el('p', {}, badge(answer.before.verdict), ' ' + results.baseline + ': ' + (answer.before.answer ?? MISSING)),
        ...output(answer.before, before),
      ]));
    }
    return parts;
  }

  function fold(title, content) {
    return el('details', {}, el('summary', {}, title), ...content);
  }

  function prompt(texts) {
    const parts = [passage(texts.message)];
    if (texts.opening) {
      parts.push(el('p', {className: 'muted'}, 'The model’s turn may start with'), el('div', {className: 'text'}, texts.opening));
    }
    return parts;
  }

  function output(answer, text) {
    if (text.failure != null) return [el('p', {className: 'note'}, 'The engine failed: ' + text.failure)];
    const parts = [];
    const thinking = (text.thinking.text || '').trim() ? 'Thinking, ' + plural(answer.thinking, 'token') : null;
    if (thinking) parts.push(fold(thinking, [passage(text.thinking, text.quote)]));
    parts.push((text.answer.text || '').trim()
        ? passage(text.answer, text.quote)
        : el('p', {className: 'muted'}, thinking ? 'Nothing after the thinking.' : 'Empty.'));
    return parts;
  }

  // A text, the words that the verdict rests on marked where they occur last.
  function passage({text = '', leftOut, end = ''}, quote) {
    const parts = [...marked(text, leftOut ? '' : quote)];
    if (leftOut) {
      parts.push(el('span', {className: 'gap'}, '\n\n… ' + plural(leftOut, 'character') + ' left out here …\n\n'), ...marked(end, quote));
    }
    return el('div', {className: 'text', tabIndex: 0}, ...parts);
  }

  function marked(text, quote) {
    const at = quote ? text.lastIndexOf(quote) : -1;
    return at < 0 ? [text] : [text.slice(0, at), el('mark', {}, quote), text.slice(at + quote.length)];
  }

  function facts(answer, text) {
    const failed = answer.verdict === 'failed';
    const [expected, ...aliases] = answer.question.expected;
    const entries = [
      !failed && ['Extracted', text.extracted ?? 'no answer'],
      ['Expected', expected + (aliases.length ? ' (also ' + aliases.join('; ') + ')' : '')],
      !failed && text.extracted != null && ['Found by', text.rule + (text.quote ? ': “' + text.quote + '”' : '')],
      answer.f1 != null && ['F1', percent(answer.f1)],
      !failed && ['Tokens', count(answer.thinking) + ' thinking, ' + count(answer.rest) + ' answer' + (text.splitEstimated ? ' (estimated split)' : '')],
      answer.truncated && ['Ending', 'cut by the cap on tokens'],
      text.repetition && ['Repetition', '“' + text.repetition.text + '” ' + count(text.repetition.times) + ' times at the end'],
      ['Seed', text.seed],
      !failed && ['Time', number(text.seconds) + ' s'],
      text.attempts > 1 && ['Attempts', text.attempts],
    ].filter(Boolean);
    return el('dl', {}, ...entries.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, String(value))]));
  }

  // Shows the answers of a task's name, a model's number and a change.
  function show({task, model, change}) {
    byId('filters').reset();
    field('task').value = String(results.tasks.findIndex(candidate => candidate.name === task));
    field('model').value = model;
    field('change').value = change;
    select();
    byId('questions').scrollIntoView();
  }

  function start() {
    choices('filter-task', [['', 'all'], ...results.tasks.map((task, index) => [String(index), task.title])]);
    choices('filter-model', [['', 'all'], ...results.models.map((model, index) => [String(index), model.model.name])]);
    choices('filter-verdict', [['', 'all'], ...Object.entries(VERDICTS), ['not-right', 'not right']]);
    choices('filter-change', [['', 'all'], ['lost', 'right before, wrong now'], ['gained', 'wrong before, right now'], ['same', 'no change']]);
    choices('filter-ending', [['', 'all'], ['normal', 'ended by itself'], ['truncated', 'cut by the cap'], ['repeating', 'repeats itself']]);
    choices('filter-order', [['question', 'by question'], ['longest', 'longest first'], ['shortest', 'shortest first']]);
    byId('filters').addEventListener('input', select);
    byId('filters').addEventListener('submit', event => event.preventDefault());
    byId('filters').addEventListener('reset', () => setTimeout(select));
    byId('more').addEventListener('click', more);
    byId('limit-note').textContent = 'Thinking or answers longer than ' + plural(figures.limit, 'character')
        + ' are shown with their middle left out; the whole is in answers.jsonl.';
    select();
  }

  return {start, show, selected: () => selected};
})();
