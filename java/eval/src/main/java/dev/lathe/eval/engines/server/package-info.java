/**
 * OpenAI-compatible servers, such as vLLM and llama-server. What they send is not trusted: sizes
 * are limited, silence is noticed, and only whole answers count.
 */
package dev.lathe.eval.engines.server;
