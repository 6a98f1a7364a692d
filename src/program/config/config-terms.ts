import { configSchema } from '../../../schemas/config.ts';
import { nearest } from '../../nearest.ts';
import type { Terms } from '../../yaml/describe-issue.ts';

export const configTerms: Terms = {
  whole: 'the configuration',
  unknownKey(key, path) {
    const sections = configSchema.shape;
    const [section = ''] = path;
    const known =
      section === 'server' || section === 'client'
        ? Object.keys(sections[section].unwrap().unwrap().shape)
        : section === 'secrets'
          ? ['file', 'env', 'workflows']
          : Object.keys(sections);
    const meant = nearest(key, known);
    const where = path.length === 0 ? 'the configuration' : path.map(String).join('.');
    return `${where} has no ${path.length === 0 ? 'section' : 'option'} ${key}${meant === undefined ? '' : `; did you mean ${meant}?`}`;
  },
};
