export { PipelineError } from './core/errors.ts';
export { from, pipeline } from './core/pipeline.ts';
export { queued } from './core/queued.ts';
export { runPipeline } from './core/run.ts';
export { defineSource } from './core/define-source.ts';
export { onFact } from './core/facts.ts';
