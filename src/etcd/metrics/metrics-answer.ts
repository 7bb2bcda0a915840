// SPDX-License-Identifier: Apache-2.0

import type { Counter, Gauge, Registry } from 'prom-client';
import type { PlainAnswer } from '../grpc/plain.js';
import { once } from '../schema/once.js';
import type { Figure } from './figure.js';

type Library = typeof import('prom-client');

/**
 * Answers `/metrics` in the text format of Prometheus: these figures, and what the library tells of the process. The
 * library is loaded with the first request: it takes tens of milliseconds, and most stores are never asked.
 */
export function metricsAnswer(figures: readonly Figure[]): () => Promise<PlainAnswer> {
  const registry = once(() => openRegistry(figures));
  return async () => {
    const opened = await registry();
    return { status: 200, type: opened.contentType, body: await opened.metrics() };
  };
}

async function openRegistry(figures: readonly Figure[]): Promise<Registry> {
  const library = await import('prom-client');
  const registry = new library.Registry();
  for (const figure of figures) register(library, registry, figure);
  library.collectDefaultMetrics({ register: registry });
  return registry;
}

function register(library: Library, registry: Registry, figure: Figure): void {
  const { name, help } = figure;
  const registers = [registry];
  if (figure.kind === 'histogram') {
    const histogram = new library.Histogram({ name, help, registers, buckets: [...figure.buckets] });
    figure.follow((value) => histogram.observe(value));
    return;
  }
  const collect = async () => {
    const samples = await figure.read();
    metric.reset();
    for (const { labels = {}, value } of samples) metric.inc(labels, value);
  };
  const config = { name, help, registers, collect, labelNames: [...(figure.labelNames ?? [])] };
  const metric: Gauge | Counter =
    figure.kind === 'gauge' ? new library.Gauge(config) : new library.Counter(config);
}
