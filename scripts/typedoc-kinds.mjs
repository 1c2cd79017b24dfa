// For `npm run docs`: puts each export below its kind, by the folder it is declared in, so that none needs a tag for that;
// calls modules as they are imported, and documents by their headings.
import { relative } from 'node:path';
import { CommentTag, Converter, ReflectionKind } from 'typedoc';

const KINDS = [
  [/^src\/(sources|journal)\//, 'Sources'],
  [/^src\/operators\//, 'Operators'],
  [/^src\/(sinks|metrics|feed)\//, 'Sinks'],
  [/^src\/records\//, 'Records'],
  [/^src\/http\/|^src\/core\/(define-|queued|bounded-queue|checkpoints|backoff)/, 'To write your own'],
  [/^src\/(core|engine|checkpoints)\//, 'Core'],
];

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, (context) => {
    for (const module of context.project.getChildrenByKind(ReflectionKind.Module)) {
      for (const reflection of module.children ?? []) categorise(context, reflection);
      module.name = module.name === 'index' ? 'dockrx' : `dockrx/${module.name}`;
    }
  });
  app.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    document.name = /^# (.+)$/m.exec(document.content[0]?.text ?? '')?.[1] ?? document.name;
  });
}

function categorise(context, reflection) {
  const file = context.getSymbolFromReflection(reflection)?.declarations?.[0]?.getSourceFile().fileName;
  const kind = KINDS.find(([pattern]) => pattern.test(relative(process.cwd(), file ?? '')))?.[1];
  if (kind === undefined) return;
  for (const { comment } of reflection.signatures ?? [reflection])
    comment?.blockTags.push(new CommentTag('@category', [{ kind: 'text', text: kind }]));
}
