import { firstPages, lessons, pages } from './markdown.ts';
import { tryPages } from './try-pages.ts';

tryPages(pages.filter((page) => !firstPages.includes(page) && !lessons.includes(page)));
