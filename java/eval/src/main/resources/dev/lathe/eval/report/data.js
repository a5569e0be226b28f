'use strict';

// What the report was made of. The figures and one small entry for each question are read at once;
// a question's texts are unpacked when they are asked for.

const Data = (() => {
  const blocks = name => document.querySelectorAll('script[data-name="' + name + '"]');
  const figures = JSON.parse(blocks('figures')[0].textContent);
  const results = figures.results;
  const texts = blocks('texts');
  const questions = [];
  const answers = [];

  function read() {
    blocks('question').forEach((block, position) => {
      const question = JSON.parse(block.textContent);
      question.position = position;
      question.answers = question.answers.map((row, place) => {
        const [model, sample, verdict, answer, thinking, rest, truncated, repeating, f1] = row;
        return {
          question, place, model, sample, verdict, answer, thinking, rest, truncated, repeating, f1,
          tokens: thinking + rest,
        };
      });
      compare(question.answers);
      questions.push(question);
      answers.push(...question.answers);
    });
  }

  // Pairs each answer with the original's of the same number. Failed requests are no verdicts.
  function compare(list) {
    const before = new Map();
    const original = results.models.findIndex(model => model.model.name === results.baseline);
    list.filter(answer => answer.model === original).forEach(answer => before.set(answer.sample, answer));
    for (const answer of list) {
      const other = answer.model === original ? undefined : before.get(answer.sample);
      if (!other || other.verdict === 'failed' || answer.verdict === 'failed') continue;
      answer.before = other;
      const [was, is] = [other.verdict === 'right', answer.verdict === 'right'];
      answer.change = was === is ? 'same' : was ? 'lost' : 'gained';
    }
  }

  async function unpack(question) {
    if (!question.texts) {
      const packed = atob(texts[question.position].textContent);
      const data = Uint8Array.from(packed, character => character.charCodeAt(0));
      const stream = new Blob([data]).stream().pipeThrough(new DecompressionStream('deflate'));
      question.texts = JSON.parse(await new Response(stream).text());
    }
    return question.texts;
  }

  function taskResult(model, task) {
    return model.tasks.find(result => result.task === task);
  }

  // Accuracy, tokens and frontier of one task, or of all together where the name is empty.
  function view(task) {
    const rows = results.models.map((model, index) => {
      const result = task ? taskResult(model, task) : null;
      return {
        index,
        name: model.model.name,
        baseline: model.model.name === results.baseline,
        model: model.model,
        accuracy: task ? result && result.accuracy : model.average,
        tokens: task ? result && result.compute && result.compute.all.total.mean : model.tokensPerQuestion,
      };
    });
    return {rows, frontier: new Set(task ? figures.taskFrontiers[task] : figures.frontier)};
  }

  function taskChoices(first) {
    const tasks = results.tasks.map(task => [task.name, task.title]);
    return first ? [['', first], ...tasks] : tasks;
  }

  read();
  return {figures, results, questions, answers, unpack, view, taskResult, taskChoices};
})();
