/** What compression costs in reasoning: tasks, engines, verdicts, statistics, reports. */
package dev.lathe.eval;
