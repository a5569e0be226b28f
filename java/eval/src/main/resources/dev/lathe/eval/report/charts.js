'use strict';

// The charts. Right and other answers differ in colour and in place, points on the frontier in colour
// and filling, so that no reading hangs on colours alone.

const Charts = (() => {
  const FONT = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';
  const NARROW = 620;
  const charts = new Map();
  const pen = document.createElement('canvas').getContext('2d');

  function colours() {
    return Object.fromEntries(['ground', 'raised', 'text', 'muted', 'line', 'accent', 'right', 'other']
        .map(name => [name, Theme.colour(name)]));
  }

  // A chart that draws itself anew when the theme or its width changes. draw(width, colours) returns
  // {option, label, finish}.
  function register(id, draw) {
    const plot = byId(id);
    const entry = {chart: null, width: 0, boxes: []};
    charts.set(id, entry);
    entry.draw = () => {
      const {option, label, height, finish} = draw(plot.clientWidth, colours());
      if (height) plot.style.height = height + 'px';
      if (!entry.chart) entry.chart = echarts.init(plot, null, {renderer: 'canvas'});
      entry.chart.resize();
      entry.chart.setOption({animation: false, ...option}, true);
      plot.setAttribute('aria-label', label);
      if (finish) entry.boxes = finish(entry.chart);
      entry.width = plot.clientWidth;
    };
    new ResizeObserver(() => {
      if (plot.clientWidth && plot.clientWidth !== entry.width) entry.draw();
    }).observe(plot);
    return entry;
  }

  function axis(look, options) {
    return {
      nameLocation: 'middle',
      nameTextStyle: {color: look.muted, fontSize: 12},
      axisLine: {show: true, lineStyle: {color: look.line}},
      axisTick: {lineStyle: {color: look.line}},
      axisLabel: {color: look.muted, hideOverlap: true, ...options.axisLabel},
      splitLine: {lineStyle: {color: look.line, opacity: 0.5}},
      ...Object.fromEntries(Object.entries(options).filter(([name]) => name !== 'axisLabel')),
    };
  }

  function tooltip(look, formatter) {
    // Drawn on the canvas: a tooltip of markup would be a way into the page.
    return {
      renderMode: 'richText',
      confine: true,
      trigger: 'item',
      backgroundColor: look.raised,
      borderColor: look.line,
      textStyle: {color: look.text, fontSize: 12},
      formatter,
    };
  }

  // Powers of two around values, for axes with a logarithmic scale.
  function powers(values) {
    const [low, high] = [Math.min(...values), Math.max(...values)];
    return {
      min: 2 ** Math.floor(Math.log2(low * 0.93)),
      max: 2 ** Math.ceil(Math.log2(high * 1.07)),
    };
  }

  function accuracyRange(rows) {
    const lows = rows.map(row => Math.min(row.accuracy.low, row.accuracy.mean));
    const highs = rows.map(row => Math.max(row.accuracy.high, row.accuracy.mean));
    return {
      min: Math.max(0, Math.floor(10 * Math.min(...lows) - 0.2) * 10),
      max: Math.min(100, Math.ceil(10 * Math.max(...highs) + 0.2) * 10),
    };
  }

  // One point for each model: accuracy with its interval over x. measure: {value(row), name,
  // print(value), log, nothing}.
  function points(id, title, measure, view, withFrontier) {
    return (width, look) => {
      const rows = view().rows.filter(row => row.accuracy && measure().value(row) > 0);
      const {value, name, print, log, nothing} = measure();
      const missing = view().rows.filter(row => !rows.some(shown => shown.index === row.index));
      const prefix = id.split('-')[0];
      byId(prefix + '-note').textContent = missing.length
          ? 'Not shown, ' + nothing + ': ' + missing.map(row => row.name).join(', ') + '.' : '';
      byId(prefix + '-key').replaceChildren(...view().rows.map(row => el('li', {}, row.name)));
      const frontier = withFrontier ? view().frontier : new Set();
      const data = rows.map(row => ({row, value: [value(row), 100 * row.accuracy.mean]}));
      const range = accuracyRange(rows.length ? rows : [{accuracy: {low: 0, high: 1, mean: 0}}]);
      const option = {
        grid: {left: 54, right: 18, top: 18, bottom: 52},
        tooltip: tooltip(look, item => item.data && item.data.row ? describe(item.data.row, name, print(value(item.data.row))) : ''),
        xAxis: axis(look, {
          type: log ? 'log' : 'value',
          logBase: 2,
          scale: true,
          name,
          nameGap: 30,
          axisLabel: {formatter: print},
          ...(log && rows.length ? powers(rows.map(value)) : {}),
        }),
        yAxis: axis(look, {type: 'value', ...range, name: 'Accuracy', nameGap: 38, axisLabel: {formatter: '{value} %'}}),
        series: [
          whiskers(rows, value, look),
          step(data, frontier, look),
          scatter(data, frontier, look),
        ],
      };
      return {
        option,
        label: alternative(title, rows, frontier, value, print, withFrontier),
        finish: chart => {
          const names = width < NARROW ? null : labels(chart, rows, value, row => shorten(row.name, 190));
          const fits = names && Labels.apart(names.boxes);
          byId(prefix + '-key').hidden = Boolean(fits);
          return write(chart, fits ? names : labels(chart, rows, value, row => String(row.index + 1)), look);
        },
      };
    };
  }

  function describe(row, name, written) {
    const {mean, low, high} = row.accuracy;
    return row.name + (row.baseline ? ' (original)' : '') + '\n' + name + ' ' + written
        + '\nAccuracy ' + percent(mean) + ' ' + interval(low, high);
  }

  function alternative(title, rows, frontier, value, print, withFrontier) {
    const list = rows.map(row => row.name + ': ' + print(value(row)) + ', ' + percent(row.accuracy.mean)
        + (frontier.has(row.index) ? ', on the frontier' : '')).join('; ');
    return title + (withFrontier ? ' with the Pareto frontier' : '') + '. ' + list + '.';
  }

  function whiskers(rows, value, look) {
    return {
      type: 'custom',
      silent: true,
      z: 2,
      data: rows.map(row => [value(row), 100 * row.accuracy.low, 100 * row.accuracy.high]),
      renderItem: (parameters, api) => {
        const [x, bottom] = api.coord([api.value(0), api.value(1)]);
        const top = api.coord([api.value(0), api.value(2)])[1];
        const line = shape => ({type: 'line', shape, style: {stroke: look.muted, lineWidth: 1, opacity: 0.7}});
        return {
          type: 'group',
          children: [
            line({x1: x, y1: bottom, x2: x, y2: top}),
            line({x1: x - 4, y1: bottom, x2: x + 4, y2: bottom}),
            line({x1: x - 4, y1: top, x2: x + 4, y2: top}),
          ],
        };
      },
    };
  }

  function step(data, frontier, look) {
    const on = data.filter(item => frontier.has(item.row.index)).map(item => item.value);
    on.sort((a, b) => a[0] - b[0]);
    return {
      type: 'line',
      step: 'end',
      symbol: 'none',
      silent: true,
      z: 1,
      data: on,
      lineStyle: {color: look.right, width: 1.5, type: 'dashed', opacity: 0.8},
    };
  }

  function scatter(data, frontier, look) {
    const original = data.find(item => item.row.baseline);
    return {
      type: 'scatter',
      z: 3,
      data: data.map(item => ({
        ...item,
        symbol: item.row.baseline ? 'diamond' : 'circle',
        symbolSize: item.row.baseline ? 16 : 11,
        itemStyle: frontier.has(item.row.index) || (!frontier.size && item.row.baseline)
            ? {color: look.right, borderColor: look.right, borderWidth: 2}
            : {color: look.ground, borderColor: look.muted, borderWidth: 2},
      })),
      markLine: original ? {
        silent: true,
        symbol: 'none',
        label: {show: false},
        lineStyle: {color: look.muted, type: 'dotted', opacity: 0.8},
        data: [{yAxis: original.value[1]}],
      } : undefined,
    };
  }

  // Names of compressed models tend to differ at their ends: what is left out is the middle.
  function shorten(text, width) {
    pen.font = FONT;
    const letters = [...text];
    let kept = letters.length;
    const parts = () => letters.slice(0, Math.ceil(kept / 2)).join('') + '…' + letters.slice(letters.length - Math.floor(kept / 2)).join('');
    if (pen.measureText(text).width <= width) return text;
    while (kept > 2 && pen.measureText(parts()).width > width) kept--;
    return parts();
  }

  // Finds a place for each model's label, a name or a number.
  function labels(chart, rows, value, text) {
    pen.font = FONT;
    const points = rows.map(row => {
      const [x, y] = chart.convertToPixel({gridIndex: 0}, [value(row), 100 * row.accuracy.mean]);
      const label = text(row);
      return {x, y, text: label, row, width: pen.measureText(label).width + 2, height: 15};
    });
    const obstacles = points.flatMap(point => {
      const edge = bound => chart.convertToPixel({gridIndex: 0}, [value(point.row), 100 * bound])[1];
      return [
        {left: point.x - 7, right: point.x + 7, top: point.y - 7, bottom: point.y + 7},
        {left: point.x - 2, right: point.x + 2, top: edge(point.row.accuracy.high), bottom: edge(point.row.accuracy.low)},
      ];
    });
    const area = {left: 56, top: 4, right: chart.getWidth() - 4, bottom: chart.getHeight() - 54};
    return {points, boxes: Labels.place(points, obstacles, area)};
  }

  function write(chart, {points, boxes}, look) {
    const elements = points.flatMap((point, index) => Number.isFinite(boxes[index].cost) ? leader(point, boxes[index], look) : []);
    chart.setOption({graphic: {elements}}, {replaceMerge: ['graphic']});
    return boxes;
  }

  function leader(point, box, look) {
    const middle = (box.top + box.bottom) / 2;
    const end = Math.min(Math.max(point.x, box.left), box.right);
    const edge = middle > point.y + 8 ? box.top : middle < point.y - 8 ? box.bottom : middle;
    const text = {
      type: 'text',
      silent: true,
      z: 5,
      x: box.left + 1,
      y: middle,
      style: {text: point.text, font: FONT, fill: look.text, verticalAlign: 'middle', stroke: look.ground, lineWidth: 3},
    };
    if (box.near) return [text];
    const shape = {x1: point.x, y1: point.y, x2: end, y2: edge};
    return [{type: 'line', silent: true, z: 1, shape, style: {stroke: look.muted, lineWidth: 1, opacity: 0.7}}, text];
  }

  function tasked(task) {
    return Data.results.models.map((model, index) => ({
      index,
      name: model.model.name,
      compute: (Data.taskResult(model, task) || {}).compute,
    })).filter(row => row.compute);
  }

  const GROUPS = [['right', 'Right', 'right'], ['notRight', 'Not right', 'other']];

  function boxes(width, look) {
    const part = byId('lengths-part').value;
    const rows = tasked(byId('lengths-task').value);
    const five = distribution => distribution.count
        ? ['minimum', 'lowerQuartile', 'median', 'upperQuartile', 'maximum'].map(name => Math.max(1, distribution[name]))
        : [];
    const all = rows.flatMap(row => GROUPS.flatMap(([group]) => five(row.compute[group][part])));
    const names = rows.map(row => (row.index + 1) + '. ' + row.name);
    const room = width < NARROW ? 104 : 210;
    const option = {
      legend: {top: 0, textStyle: {color: look.text}, data: GROUPS.map(([, title]) => title)},
      grid: {left: room + 14, right: 18, top: 34, bottom: 48},
      tooltip: tooltip(look, item => item.seriesName + '\n' + names[item.dataIndex] + '\nmedian ' + count(item.value[3])
          + ', middle half ' + count(item.value[2]) + ' – ' + count(item.value[4])),
      xAxis: axis(look, {
        type: 'log', logBase: 2, name: 'Tokens', nameGap: 28, axisLabel: {formatter: count}, ...(all.length ? powers(all) : {}),
      }),
      yAxis: axis(look, {
        type: 'category', inverse: true, data: names, axisTick: {show: false},
        axisLabel: {color: look.text, interval: 0, hideOverlap: false, formatter: name => shorten(name, room)},
      }),
      series: GROUPS.map(([group, title, colour]) => ({
        name: title,
        type: 'boxplot',
        boxWidth: [5, 11],
        itemStyle: {
          color: group === 'right' ? echarts.color.modifyAlpha(look[colour], 0.4) : look.ground,
          borderColor: look[colour],
          borderWidth: 1.5,
        },
        data: rows.map(row => row.compute[group][part].count ? five(row.compute[group][part]) : ['-', '-', '-', '-', '-']),
      })),
    };
    const text = rows.map(row => row.name + ': ' + GROUPS.map(([group, title]) => title.toLowerCase() + ' '
        + (row.compute[group][part].count ? count(row.compute[group][part].median) : 'none')).join(', ')).join('; ');
    return {option, height: 96 + 38 * rows.length, label: 'Median tokens of right and other answers. ' + text + '.'};
  }

  function histogram(width, look) {
    const part = byId('lengths-part').value;
    const index = Number(byId('lengths-model').value);
    const row = tasked(byId('lengths-task').value).find(candidate => candidate.index === index);
    const buckets = GROUPS.map(([group]) => row ? row.compute[group][part].buckets.filter(bucket => bucket.count) : []);
    const all = buckets.flat();
    const highest = Math.max(1, ...all.map(bucket => bucket.count));
    const interval = [1, 2, 5].flatMap(digit => [1, 10, 100, 1000, 1e4].map(ten => digit * ten))
        .sort((a, b) => a - b).find(size => 4 * size >= highest) || highest;
    const top = Math.ceil(highest / interval) * interval;
    const span = all.length ? powers(all.flatMap(bucket => [Math.max(1, bucket.from), bucket.to])) : {};
    const option = {
      legend: {top: 0, selectedMode: false, textStyle: {color: look.text}, data: GROUPS.map(([, title, colour]) =>
          ({name: title, itemStyle: {color: look[colour]}}))},
      grid: {left: 54, right: 18, top: 34, bottom: 52},
      tooltip: tooltip(look, item => item.seriesName + ': ' + plural(Math.abs(item.value[2]), 'answer') + '\n'
          + count(item.value[0]) + ' to ' + count(item.value[1]) + ' tokens'),
      xAxis: axis(look, {type: 'log', logBase: 2, name: 'Tokens', nameGap: 30, axisLabel: {formatter: count},
        axisLine: {onZero: false, lineStyle: {color: look.line}}, ...span}),
      yAxis: axis(look, {type: 'value', min: -top, max: top, interval, name: 'Answers', nameGap: 38,
        axisLabel: {formatter: value => count(Math.abs(value))}}),
      series: GROUPS.map(([, title, colour], side) => bars(title, buckets[side], side ? -1 : 1, look[colour])),
    };
    const text = GROUPS.map(([, title], side) => title + ': ' + (buckets[side].map(bucket =>
        count(bucket.from) + ' to ' + count(bucket.to) + ' tokens ' + bucket.count).join(', ') || 'none')).join('. ');
    return {option, label: 'How many answers have how many tokens' + (row ? ', ' + row.name : '') + '. ' + text + '.'};
  }

  function bars(name, buckets, sign, colour) {
    return {
      name,
      type: 'custom',
      itemStyle: {color: colour},
      data: buckets.map(bucket => [Math.max(1, bucket.from), bucket.to, sign * bucket.count]),
      encode: {x: [0, 1], y: 2},
      renderItem: (parameters, api) => {
        const [left, end] = api.coord([api.value(0), api.value(2)]);
        const [right, zero] = api.coord([api.value(1), 0]);
        return {
          type: 'rect',
          shape: {x: left + 0.5, y: Math.min(zero, end), width: Math.max(1, right - left - 1), height: Math.abs(end - zero)},
          style: {fill: colour},
        };
      },
    };
  }

  const MEASURES = {
    bytes: () => {
      const small = Math.max(...Data.results.models.map(model => model.model.bytes || 0)) < 1e9;
      const unit = small ? 1e6 : 1e9;
      return {
        value: row => (row.model.bytes || 0) / unit,
        name: 'Size',
        print: value => Number(value.toPrecision(3)) + (small ? ' MB' : ' GB'),
        log: true,
        nothing: 'size or accuracy unknown',
      };
    },
    bitsPerWeight: () => ({
      value: row => row.model.bitsPerWeight || 0,
      name: 'Bits per weight',
      print: value => String(Number(value.toPrecision(3))),
      log: true,
      nothing: 'bits per weight or accuracy unknown',
    }),
    tokens: () => ({
      value: row => row.tokens || 0,
      name: 'Tokens per question',
      print: count,
      log: false,
      nothing: 'no answers',
    }),
  };

  function start() {
    const draw = (...ids) => () => ids.forEach(id => charts.get(id).draw());
    choices('size-task', Data.taskChoices('all tasks'), draw('size-chart'));
    byId('size-measure').addEventListener('change', draw('size-chart'));
    choices('tokens-task', Data.taskChoices('all tasks'), draw('tokens-chart'));
    const lengths = () => {
      draw('boxes-chart', 'histogram-chart')();
      Tables.lengths();
    };
    choices('lengths-task', Data.taskChoices(), lengths);
    byId('lengths-part').addEventListener('change', lengths);
    choices('lengths-model', Data.results.models.map((model, index) => [String(index), model.model.name]), draw('histogram-chart'));
    // The frontier is one of bytes; over bits per weight it would be another.
    register('size-chart', (width, look) => points('size-chart', 'Accuracy against size',
        () => MEASURES[byId('size-measure').value](), () => Data.view(byId('size-task').value),
        byId('size-measure').value === 'bytes')(width, look));
    register('tokens-chart', points('tokens-chart', 'Accuracy against tokens per question',
        MEASURES.tokens, () => Data.view(byId('tokens-task').value), false));
    register('boxes-chart', boxes);
    register('histogram-chart', histogram);
    const all = draw(...charts.keys());
    Theme.changed(all);
    all();
    Tables.lengths();
  }

  return {start, boxes: id => charts.get(id).boxes};
})();
