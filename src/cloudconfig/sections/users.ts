// SPDX-License-Identifier: Apache-2.0

import { z } from 'zod';
import { type DataProblem, quoteValue, told } from '../../spec/index.js';
import type { CloudConfig, CloudUser } from '../cloud-config.js';
import { doubtKeys } from '../public-key.js';
import { checkItems, deprecation, type PhasedAction, type Section } from '../section.js';

const key = ['users'];

const name = /^[a-z_][a-z0-9_.-]{0,30}\$?$/i;
const wrong = (noun: string) => (issue: { readonly input?: unknown }) =>
  `${quoteValue(issue.input)} is not ${noun}`;
const field = /^[^:\p{Cc}]*$/u;

const group = z.string().regex(name, { error: wrong('the name of a group') });
const path = z.string().regex(/^(\/[^:\p{Cc}]*)?$/u, { error: wrong('an absolute path') });
const flag = (description: string) => told(z.boolean().optional(), description, 'write true or false');
const names = (description: string) =>
  told(z.array(z.string()).default([]), description, 'write a list of names');

const fields = z.strictObject({
  name: told(
    z.string().regex(name, { error: wrong('the name of a user') }),
    'Name of the user.',
    'write letters, digits, dashes and underscores, up to 32',
    ['admin'],
  ),
  passwd: told(
    z
      .string()
      .regex(field, { error: () => 'this is not the hash of a password' })
      .default(''),
    'Hash of the password, as in /etc/shadow.',
    'write what "mkpasswd --method=sha-512" prints',
  ),
  ssh_authorized_keys: told(
    z.array(z.string().trim()).default([]),
    'Public keys that may log in as this user.',
    'write a list of public keys, one line of an id_….pub file each',
  ),
  gecos: told(
    z
      .string()
      .regex(field, { error: wrong('one line without colons') })
      .default(''),
    'Full name.',
    'write one line without colons',
  ),
  homedir: told(path.default(''), 'Home of the user.', 'write an absolute path'),
  no_create_home: flag('Whether no home is made.'),
  primary_group: told(group.or(z.literal('')).default(''), 'First group.', 'write the name of a group'),
  groups: told(z.array(group).default([]), 'Further groups.', 'write a list of groups, [sudo, docker]', [
    ['sudo', 'docker'],
  ]),
  no_user_group: flag('Whether no group is made with the name of the user.'),
  system: flag('Whether this is a user of the system, without a home.'),
  no_log_init: flag('Whether the user is kept out of lastlog.'),
  shell: told(path.default(''), 'Login shell.', 'write an absolute path'),
  coreos_ssh_import_github: told(z.string().default(''), 'A GitHub user whose keys count.', 'write a name'),
  coreos_ssh_import_github_users: names('GitHub users whose keys count.'),
  coreos_ssh_import_url: told(
    z
      .string()
      .regex(/^(https?:\/\/\S+)?$/, { error: wrong('a URL') })
      .default(''),
    'Where more keys are.',
    'write a URL that begins with https://',
  ),
});

const user = told(fields, 'One user.', 'write a mapping, for example {name: admin, groups: [sudo]}');

const schema = told(z.array(user), 'Users of the machine.', 'write a list of {name, ssh_authorized_keys}');

/** `users`: accounts, made before anything that may belong to them. */
export const users: Section = {
  key,
  schema,
  parse: (value, context) =>
    checkItems(key, value, schema, { item: user, hole: noUser }, context, (list) => ({
      part: { users: list.map(toUser) },
      problems: list.flatMap(doubtUser),
    })),
  render: ({ users: list }) => (list.length === 0 ? undefined : list.map(fromUser)),
  lay: (base, over) => ({ users: layUsers(base, over) }),
  plan: ({ users: list }) => list.flatMap((user, index) => planUser(user, `users[${index}]`)),
};

type Fields = z.output<typeof fields>;

/** Stands for a user that could not be read. */
const noUser: Fields = { ...fields.parse({ name: 'none' }), name: '' };

function toUser(user: Fields): CloudUser {
  const { coreos_ssh_import_github: one, coreos_ssh_import_github_users: several } = user;
  return {
    name: user.name,
    passwordHash: user.passwd,
    sshAuthorizedKeys: user.ssh_authorized_keys.filter((text) => text !== ''),
    gecos: user.gecos,
    homeDir: user.homedir,
    noCreateHome: user.no_create_home,
    primaryGroup: user.primary_group,
    groups: user.groups,
    noUserGroup: user.no_user_group,
    isSystem: user.system,
    noLogInit: user.no_log_init,
    shell: user.shell,
    sshImportGithub: [one, ...several].filter((name) => name !== ''),
    sshImportUrl: user.coreos_ssh_import_url,
  };
}

function fromUser(user: CloudUser): Readonly<Record<string, unknown>> {
  const written = {
    name: user.name,
    passwd: user.passwordHash,
    gecos: user.gecos,
    homedir: user.homeDir,
    no_create_home: user.noCreateHome,
    primary_group: user.primaryGroup,
    groups: user.groups,
    no_user_group: user.noUserGroup,
    system: user.isSystem,
    no_log_init: user.noLogInit,
    shell: user.shell,
    ssh_authorized_keys: user.sshAuthorizedKeys,
    coreos_ssh_import_github_users: user.sshImportGithub,
    coreos_ssh_import_url: user.sshImportUrl,
  };
  const isSet = (value: unknown) => value !== undefined && value !== '' && !isEmptyList(value);
  return Object.fromEntries(Object.entries(written).filter(([, value]) => isSet(value)));
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

/** Users stay in their place; of a user of both, what the upper one says comes first and lists are joined. */
function layUsers(base: CloudConfig, over: CloudConfig): readonly CloudUser[] {
  const upper = new Map(over.users.map((user) => [user.name, user]));
  const lower = new Set(base.users.map((user) => user.name));
  const kept = base.users.map((user) => {
    const above = upper.get(user.name);
    return above === undefined ? user : layUser(user, above);
  });
  return [...kept, ...over.users.filter((user) => !lower.has(user.name))];
}

function layUser(base: CloudUser, over: CloudUser): CloudUser {
  const join = (field: 'groups' | 'sshAuthorizedKeys' | 'sshImportGithub') => [
    ...new Set([...base[field], ...over[field]]),
  ];
  return {
    name: base.name,
    passwordHash: over.passwordHash || base.passwordHash,
    sshAuthorizedKeys: join('sshAuthorizedKeys'),
    gecos: over.gecos || base.gecos,
    homeDir: over.homeDir || base.homeDir,
    noCreateHome: over.noCreateHome ?? base.noCreateHome,
    primaryGroup: over.primaryGroup || base.primaryGroup,
    groups: join('groups'),
    noUserGroup: over.noUserGroup ?? base.noUserGroup,
    isSystem: over.isSystem ?? base.isSystem,
    noLogInit: over.noLogInit ?? base.noLogInit,
    shell: over.shell || base.shell,
    sshImportGithub: join('sshImportGithub'),
    sshImportUrl: over.sshImportUrl || base.sshImportUrl,
  };
}

/** Source of where GitHub has its keys: coreos-cloudinit f1f0405, initialize/github.go. */
function planUser(user: CloudUser, place: string): readonly PhasedAction[] {
  const { sshAuthorizedKeys: keys, sshImportGithub, sshImportUrl, ...account } = user;
  const github = sshImportGithub.map(
    (name) => `https://api.github.com/users/${encodeURIComponent(name)}/keys`,
  );
  const urls = [...github, ...(sshImportUrl === '' ? [] : [sshImportUrl])];
  const { name } = user;
  const reason = `${place}.ssh_authorized_keys`;
  return [
    { phase: 'users', action: { kind: 'ensure-user', account, reason: place } },
    ...(keys.length === 0
      ? []
      : [{ phase: 'users', action: { kind: 'authorize-keys', user: name, keys, reason } } as const]),
    ...urls.map(
      (url) => ({ phase: 'users', action: { kind: 'import-keys', user: name, url, reason: place } }) as const,
    ),
  ];
}

const importKeys = [
  'coreos_ssh_import_github',
  'coreos_ssh_import_github_users',
  'coreos_ssh_import_url',
] as const;

function doubtUser(user: Fields, index: number): readonly DataProblem[] {
  const path = [...key, index];
  const why = 'whoever answers there may log in: write the keys below ssh_authorized_keys';
  const imported = importKeys.filter((name) => user[name].length > 0);
  return [
    ...doubtKeys(user.ssh_authorized_keys, [...path, 'ssh_authorized_keys']),
    ...imported.map((name) => deprecation([...path, name], why)),
  ];
}
