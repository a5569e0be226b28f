'use strict';

// Places labels beside points so that none covers another label, a point or a whisker, and none
// leaves the area. Boxes are {left, top, right, bottom} in pixels.

const Labels = (() => {
  const DIRECTIONS = [[1, 0], [-1, 0], [0, -1], [0, 1], [1, -1], [-1, -1], [1, 1], [-1, 1]];
  const DISTANCES = [9, 22, 36, 52, 70, 90, 112, 136];

  function overlap(a, b) {
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    return width > 0 && height > 0 ? width * height : 0;
  }

  function beside(point, [across, down], distance) {
    const left = across > 0 ? point.x + distance : across < 0 ? point.x - distance - point.width : point.x - point.width / 2;
    const top = down > 0 ? point.y + distance : down < 0 ? point.y - distance - point.height : point.y - point.height / 2;
    return {left, top, right: left + point.width, bottom: top + point.height};
  }

  function within(box, area) {
    return box.left >= area.left && box.right <= area.right && box.top >= area.top && box.bottom <= area.bottom;
  }

  function covered(box, others) {
    return others.reduce((sum, other) => sum + overlap(box, other), 0);
  }

  // points: {x, y, width, height} of each label; obstacles: boxes to keep clear of. The nearest free
  // place wins; where all are taken, the one that covers the least, and labels before all.
  function place(points, obstacles, area) {
    const placed = [];
    for (const point of points) {
      let best = {cost: Infinity};
      for (const distance of DISTANCES) {
        for (const direction of DIRECTIONS) {
          const box = beside(point, direction, distance);
          const cost = within(box, area) ? 1e6 * covered(box, placed) + covered(box, obstacles) : Infinity;
          if (cost < best.cost) best = {...box, cost, near: distance === DISTANCES[0]};
        }
        if (best.cost === 0) break;
      }
      placed.push(best);
    }
    return placed;
  }

  // Whether each label has a place that no other takes a part of.
  function apart(boxes) {
    return boxes.every(box => box.cost < 1e6);
  }

  return {place, apart};
})();
