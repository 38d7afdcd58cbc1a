/**
 * @file Seven things that the pages of the reference want otherwise: modules are called as they are imported, a module or
 * namespace says what its file says, a class is told with what it adds, a constant that can be called is a function, its
 * parameters are those that it takes, an error has its name, and a method of a tensor says what the function of its name
 * does. What a class inherits stands on the page of the class it comes from; a tensor alone has everything.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  Comment,
  Context,
  Converter,
  ParameterReflection,
  ReflectionFlag,
  ReflectionKind,
} from 'typedoc';

const members = ReflectionKind.Property | ReflectionKind.Method | ReflectionKind.Accessor;

/** What modules are called in imports, without the scope, by their files. */
const root = fileURLToPath(new URL('..', import.meta.url));
const { compilerOptions } = JSON.parse(readFileSync(join(root, 'tsconfig.base.json'), 'utf8'));
const specifiers = new Map(
  Object.entries(compilerOptions.paths).map(([name, [source]]) => [
    join(root, source).replaceAll('\\', '/'),
    name.replace('@chainrule/', ''),
  ]),
);

/** The sentences after `@file` at the head of a module, without the asterisks. */
function aboutFile(text) {
  const [, about] = /^\/\*\*\s*(?:\*\s*)?@file\s([\s\S]*?)\*\//.exec(text) ?? [];
  return about?.replace(/\n[ \t]*\*[ \t]?/g, '\n').trim();
}

/** Operations are constants of a type that many share: their pages show parameters and results, not the name of that type. */
function tellAsFunctions() {
  const { getComment } = Context.prototype;
  Context.prototype.getComment = function (symbol, kind) {
    const comment = getComment.call(this, symbol, kind);
    if (kind === ReflectionKind.Variable) comment?.modifierTags.add('@function');
    return comment;
  };
}

/** `@throws {ShapeError} if …`: the name is a part of the sentence. */
function nameErrors({ comment }) {
  for (const tag of comment?.getTags('@throws') ?? []) {
    if (tag.typeAnnotation) tag.content.unshift({ kind: 'text', text: tag.typeAnnotation });
    tag.typeAnnotation = undefined;
    const [name, rest] = tag.content;
    if (rest?.kind === 'text' && /^\w/.test(rest.text)) name.text += ' ';
    for (const part of tag.content)
      if (part.kind === 'text') part.text = part.text.replace(/\{(\w+Error)\}/g, '`$1`');
  }
}

/** A list of the remaining parameters, `...rest: [options?: RoundOptions]`, as the parameters that it stands for. */
function spreadRest(signature) {
  signature.parameters = signature.parameters?.flatMap((parameter) => {
    const { flags, type } = parameter;
    const parts = flags.isRest && type?.type === 'tuple' ? type.elements : null;
    if (parts === null || parts.some((part) => part.type !== 'namedTupleMember'))
      return [parameter];
    return parts.map((part) => {
      const own = new ParameterReflection(part.name, ReflectionKind.Parameter, signature);
      own.type = part.element;
      own.setFlag(ReflectionFlag.Optional, part.isOptional);
      return own;
    });
  });
}

/** The methods of a tensor: the first sentence of the function of the same name, and a link to its page. */
function tellMethods(tensor) {
  const functions = new Map(tensor.parent.children.map((child) => [child.name, child]));
  for (const method of tensor.children) {
    method.inheritedFrom = undefined;
    const [signature] = method.signatures ?? [];
    for (const one of method.signatures ?? []) one.inheritedFrom = undefined;
    const target = functions.get(method.name);
    if (target === undefined || method.hasComment() || signature?.hasComment()) continue;
    const { summary } =
      target.comment ?? target.signatures?.find((one) => one.comment)?.comment ?? {};
    if (summary === undefined) continue;
    const link = { kind: 'inline-tag', tag: '@link', text: method.name, target };
    (signature ?? method).comment = new Comment([
      ...summary,
      { kind: 'text', text: '\n\nThe function: ' },
      link,
    ]);
  }
}

export function load(app) {
  tellAsFunctions();
  app.converter.on(Converter.EVENT_RESOLVE_END, (context) => {
    const { project } = context;
    for (const reflection of project.getReflectionsByKind(ReflectionKind.All))
      nameErrors(reflection);
    for (const signature of project.getReflectionsByKind(ReflectionKind.CallSignature))
      spreadRest(signature);
    for (const member of project.getReflectionsByKind(members))
      if (member.inheritedFrom !== undefined && member.parent?.name !== 'Tensor')
        project.removeReflection(member);
    for (const one of project.getReflectionsByKind(ReflectionKind.Class))
      if (one.name === 'Tensor') tellMethods(one);
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const file = context.getSymbolFromReflection(module)?.declarations?.[0]?.getSourceFile();
      module.name = specifiers.get(file?.fileName) ?? module.name;
    }
    for (const part of project.getReflectionsByKind(ReflectionKind.SomeModule)) {
      const file = context.getSymbolFromReflection(part)?.declarations?.[0]?.getSourceFile();
      const about = file && aboutFile(file.text);
      if (about) part.comment ??= new Comment([{ kind: 'text', text: about }]);
    }
  });
}
