import { firstPages, lessons } from './markdown.ts';
import { tryPages } from './try-pages.ts';

tryPages(lessons.filter((page) => !firstPages.includes(page)));
