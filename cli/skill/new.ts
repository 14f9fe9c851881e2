import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { quoted } from '../run-view';
import { hasClang, noClang } from './compile';
import { SkillToolError, UsageError, writeWhole } from './files';
import type { Tool } from './tool';
import { templates } from './templates';

/** `sovereign skill new DIRECTORY [--lang as|c]`: the last part of the path is the skill's name. */
export const newSkill: Tool = async ({ positionals: [directory], values }, { out }) => {
  const language = values.lang ?? 'as';
  if (language !== 'as' && language !== 'c') throw new UsageError('--lang is as (AssemblyScript) or c.');
  if (directory === undefined) throw new UsageError('Say what the skill is called.');
  const name = basename(resolve(directory));
  if (!/^[a-z][a-z0-9-]{0,63}$/.test(name))
    throw new UsageError('A skill’s name has a to z, 0 to 9 and -, and begins with a letter.');
  if (existsSync(directory) && readdirSync(directory).length > 0)
    throw new SkillToolError('exists', `${directory} is there already, and is not empty.`, {
      advice: 'Choose another name, or empty it.',
    });
  if (language === 'c' && !hasClang()) throw noClang();
  const files = templates(name, language);
  for (const [path, text] of Object.entries(files)) await writeWhole(join(directory, path), text);
  const place = quoted(directory);
  out(
    `Made ${place}. Next:\n  cd ${place}\n${language === 'as' ? '  npm install\n' : ''}  sovereign skill build\n  npm test\n`,
  );
  return 0;
};
