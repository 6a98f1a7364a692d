import { firstPage, lessons, pages } from './markdown.ts';
import { tryPages } from './try-pages.ts';

tryPages(pages.filter((page) => page !== firstPage && !lessons.includes(page)));
