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

  // points: {x, y, width, height} of each label; obstacles: boxes to keep clear of. The nearest free
  // place wins; where all are taken, the one that covers least.
  function place(points, obstacles, area) {
    const taken = obstacles.slice();
    return points.map(point => {
      let best = null;
      let least = Infinity;
      for (const distance of DISTANCES) {
        for (const direction of DIRECTIONS) {
          const box = beside(point, direction, distance);
          if (!within(box, area)) continue;
          const cost = taken.reduce((sum, other) => sum + overlap(box, other), 0);
          if (cost < least) {
            least = cost;
            best = {...box, near: distance === DISTANCES[0]};
          }
          if (cost === 0) break;
        }
        if (least === 0) break;
      }
      if (best) taken.push(best);
      return best;
    });
  }

  return {place, overlap};
})();
