import { lessons } from './markdown.ts';
import { tryPages } from './try-pages.ts';

tryPages(lessons);
