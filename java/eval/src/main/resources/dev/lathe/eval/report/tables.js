'use strict';

// The tables of figures.

const Tables = (() => {
  const {results, figures} = Data;

  // columns: {title, cell(row), className}; the first one names the row.
  function table(caption, columns, rows) {
    const head = el('tr', {}, ...columns.map(column =>
        el('th', {scope: 'col', className: column.className || ''}, column.title)));
    const body = rows.map(row => el('tr', {}, ...columns.map((column, position) => {
      const content = [].concat(column.cell(row));
      const properties = {className: column.className || ''};
      return position === 0
          ? el('th', {...properties, scope: 'row'}, ...content)
          : el('td', properties, ...content);
    })));
    return el('table', {'aria-label': caption}, el('thead', {}, head), el('tbody', {}, ...body));
  }

  function nameColumn() {
    return {
      title: 'Model',
      className: 'name',
      cell: row => [(row.index + 1) + '. ' + row.name + (row.baseline ? ' ◆' : '')],
    };
  }

  function estimate(value) {
    return value
        ? [percent(value.mean), ' ', el('span', {className: 'interval'}, interval(value.low, value.high))]
        : [MISSING];
  }

  function reading(change) {
    if (!change || !change.pairs) return [MISSING];
    if (change.high < 0) return [el('span', {className: 'loss'}, '▼ loss')];
    if (change.low > 0) return [el('span', {className: 'gain'}, '▲ gain')];
    return ['no difference shown'];
  }

  function overview() {
    const {rows, frontier} = Data.view('');
    byId('overview-table').replaceChildren(table('All models', [
      nameColumn(),
      {title: 'Size', cell: row => bytes(row.model.bytes)},
      {title: 'Accuracy', cell: row => estimate(row.accuracy)},
      {title: 'Tokens per question', cell: row => count(row.tokens)},
      {title: 'Frontier', cell: row => frontier.has(row.index) ? '★' : ''},
      {title: 'Bits per weight', cell: row => number(row.model.bitsPerWeight)},
      {title: 'Zeros', cell: row => percent(row.model.sparsity, 0)},
    ], rows));
    const others = results.models.filter(model => model.model.name !== results.baseline);
    const changes = others.flatMap(model => model.tasks).map(task => task.accuracyChange).filter(Boolean);
    const losses = changes.filter(change => change.pairs && change.high < 0).length;
    byId('findings').textContent = changes.length
        ? 'Of ' + plural(changes.length, 'comparison') + ' with the original (model by task), '
          + (losses === 1 ? '1 shows' : losses + ' show') + ' a loss whose 95 % interval excludes zero.'
        : '';
  }

  function lead() {
    const asked = results.tasks.map(task => task.title + ' (' + count(task.questions) + ')').join(', ');
    byId('lead').textContent = plural(results.models.length, 'model') + ' on ' + asked + '. Original: ' + results.baseline + '.';
  }

  function jump(row, task, change, value) {
    if (!value) return '0';
    const label = (change === 'lost' ? 'Right before, wrong now: ' : 'Wrong before, right now: ') + row.name;
    return el('button', {
      type: 'button',
      className: 'link',
      'aria-label': value + ' ' + label,
      click: () => Answers.show({task, model: String(row.index), change}),
    }, String(value));
  }

  function taskTable(task) {
    const rows = Data.view(task.name).rows.map(row =>
        ({...row, result: Data.taskResult(results.models[row.index], task.name)})).filter(row => row.result);
    const withF1 = rows.some(row => row.result.f1);
    const change = row => row.result.accuracyChange;
    const some = name => rows.some(row => row.result.counts[name]);
    const columns = [
      nameColumn(),
      {title: 'Right', cell: row => count(row.result.counts.right) + ' of ' + count(row.result.counts.answers)},
      {title: 'Accuracy', cell: row => estimate(row.result.accuracy)},
      {title: '±\u00a0s.e.', cell: row => row.result.accuracy && row.result.accuracy.standardError != null
          ? percent(row.result.accuracy.standardError) : MISSING},
      withF1 && {title: 'F1', cell: row => estimate(row.result.f1)},
      {title: 'Change in points', cell: row => change(row)
          ? [points(change(row).mean), ' ', el('span', {className: 'interval'}, interval(change(row).low, change(row).high, points))]
          : row.baseline ? 'original' : MISSING},
      {title: 'Lost', cell: row => change(row) ? jump(row, task.name, 'lost', change(row).lost) : MISSING},
      {title: 'Gained', cell: row => change(row) ? jump(row, task.name, 'gained', change(row).gained) : MISSING},
      {title: 'Reading', className: 'words', cell: row => reading(change(row))},
      {title: 'No answer', cell: row => count(row.result.counts.noAnswer)},
      some('failed') && {title: 'Failed', cell: row => count(row.result.counts.failed)},
      some('missing') && {title: 'Missing', cell: row => count(row.result.counts.missing)},
    ].filter(Boolean);
    return [el('h3', {}, task.title), el('div', {className: 'scroll'}, table(task.title, columns, rows))];
  }

  function computeRows(task) {
    return Data.view(task).rows.map(row => ({
      ...row,
      result: Data.taskResult(results.models[row.index], task),
    })).filter(row => row.result && row.result.compute);
  }

  const FINDINGS = {SHORTER_IS_RIGHT: 'shorter is right', LONGER_IS_RIGHT: 'longer is right', UNDECIDED: 'undecided'};

  function compute() {
    const rows = computeRows(byId('compute-task').value);
    const use = row => row.result.compute;
    byId('compute-table').replaceChildren(table('Test-time compute', [
      nameColumn(),
      {title: 'Tokens per question', cell: row => count(use(row).all.total.mean)},
      {title: 'Thinking', cell: row => count(use(row).all.thinking.mean)},
      {title: 'Answer', cell: row => (use(row).splitEstimated ? '≈ ' : '') + count(use(row).all.answer.mean)},
      {title: 'Cut by the cap', cell: row => count(row.result.counts.truncated)},
      {title: 'Endless repetition', cell: row => count(row.result.counts.repeating)},
      {title: 'Time per token', cell: row => use(row).secondsPerToken == null
          ? MISSING : (1000 * use(row).secondsPerToken).toPrecision(3) + ' ms'},
      {title: 'Shorter is right', cell: row => effect(use(row).lengthEffect)},
      {title: 'Reading', className: 'words', cell: row => use(row).lengthEffect
          ? FINDINGS[use(row).lengthEffect.finding] : MISSING},
    ], rows));
  }

  function effect(value) {
    return value
        ? [percent(value.probability, 0), ' ', el('span', {className: 'interval'},
            interval(value.low, value.high, share => percent(share, 0)))]
        : [MISSING];
  }

  function lengths() {
    const part = byId('lengths-part').value;
    const cells = (title, group) => [
      {title: title + ': answers', cell: row => count(row.result.compute[group].total.count)},
      {title: 'mean', cell: row => figure(row, group, part, 'mean')},
      {title: 'median', cell: row => figure(row, group, part, 'median')},
      {title: 'middle half', cell: row => figure(row, group, part, 'lowerQuartile') + ' – ' + figure(row, group, part, 'upperQuartile')},
    ];
    byId('lengths-table').replaceChildren(table('Lengths of right and other answers in tokens',
        [nameColumn(), ...cells('Right', 'right'), ...cells('Not right', 'notRight')],
        computeRows(byId('lengths-task').value)));
  }

  function figure(row, group, part, name) {
    const distribution = row.result.compute[group][part];
    return distribution.count ? count(distribution[name]) : MISSING;
  }

  function list(entries) {
    return el('dl', {}, ...entries.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, String(value))]));
  }

  function settings() {
    const asked = results.settings;
    const drawn = asked.sampling.temperature === 0
        ? 'greedy' : 'temperature ' + asked.sampling.temperature + ', top-p ' + asked.sampling.topP;
    const models = results.models.map(({model}) => el('details', {},
        el('summary', {}, model.name),
        list([
          ['Location', model.location],
          ['Size', bytes(model.bytes)],
          ['Bits per weight', number(model.bitsPerWeight)],
          ['Zeros', percent(model.sparsity, 0)],
          ...Object.entries(model.engine || {}),
        ])));
    byId('settings-list').replaceChildren(list([
      ['Tasks', asked.tasks.join(', ')],
      ['Questions of a task', asked.limit ? 'at most ' + count(asked.limit) : 'all'],
      ['Samples of a question', count(asked.samples)],
      ['Prompt', {CHAT: 'chat template', CHAT_THINK: 'chat template, thinking opened', RAW: 'plain text'}[asked.style]],
      ['Sampling', drawn],
      ['Seed', asked.seed],
      ['Most tokens of an answer', count(asked.maximumTokens)],
      ['Context', plural(asked.contextTokens, 'token')],
      ['Original', results.baseline],
      ['Lathe', results.lathe],
    ]), el('h3', {}, 'Models'), ...models);
  }

  function footer() {
    const {name, version, licence, notice} = figures.charts;
    byId('footer').replaceChildren(el('details', {},
        el('summary', {}, 'Made by Lathe ' + results.lathe + '. Charts: ' + name + ' ' + version + ', ' + licence + '.'),
        el('p', {}, notice)));
  }

  function start() {
    choices('compute-task', Data.taskChoices(), compute);
    lead();
    overview();
    byId('task-tables').replaceChildren(...results.tasks.flatMap(taskTable));
    compute();
    settings();
    footer();
  }

  return {start, lengths};
})();
