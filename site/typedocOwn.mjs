/**
 * @file Three things that the pages of the reference want otherwise: modules are called as they are imported, a module or
 * namespace says what its file says, and a class is told with what it adds. What it inherits stands on the page of the class it
 * comes from; a tensor alone has everything.
 */
import { Comment, Converter, ReflectionKind } from 'typedoc';

const members = ReflectionKind.Property | ReflectionKind.Method | ReflectionKind.Accessor;

/** The sentences after `@file` at the head of a module, without the asterisks. */
function aboutFile(text) {
  const [, about] = /^\/\*\*\s*(?:\*\s*)?@file\s([\s\S]*?)\*\//.exec(text) ?? [];
  return about?.replace(/\n\s*\*\s?/g, ' ').trim();
}

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const member of project.getReflectionsByKind(members))
      if (member.inheritedFrom !== undefined && member.parent?.name !== 'Tensor')
        project.removeReflection(member);
    for (const module of project.getReflectionsByKind(ReflectionKind.Module))
      module.name = module.name.replace('/src', '');
    for (const part of project.getReflectionsByKind(ReflectionKind.SomeModule)) {
      const file = project.getSymbolFromReflection(part)?.declarations?.[0]?.getSourceFile();
      const about = file && aboutFile(file.text);
      if (about) part.comment ??= new Comment([{ kind: 'text', text: about }]);
    }
  });
}
