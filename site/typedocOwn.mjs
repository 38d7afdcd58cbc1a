/**
 * @file Two things that the pages of the reference want otherwise: modules are called as they are imported, and a class is
 * told with what it adds. What it inherits stands on the page of the class it comes from; a tensor alone has everything.
 */
import { Converter, ReflectionKind } from 'typedoc';

const members = ReflectionKind.Property | ReflectionKind.Method | ReflectionKind.Accessor;

export function load(app) {
  app.converter.on(Converter.EVENT_RESOLVE_END, ({ project }) => {
    for (const member of project.getReflectionsByKind(members))
      if (member.inheritedFrom !== undefined && member.parent?.name !== 'Tensor')
        project.removeReflection(member);
    for (const module of project.getReflectionsByKind(ReflectionKind.Module))
      module.name = module.name.replace('/src', '');
  });
}
