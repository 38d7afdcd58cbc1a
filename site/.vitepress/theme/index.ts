import type { Theme } from 'vitepress';
import DefaultTheme from 'vitepress/theme';
import DrawDigit from './draw/DrawDigit.vue';
import HomeLayout from './HomeLayout.vue';
import NamesTable from './NamesTable.vue';
import Race from './race/Race.vue';
import RunnableCell from './RunnableCell.vue';
import WatchItLearn from './watch/WatchItLearn.vue';
import './style.css';

export default {
  extends: DefaultTheme,
  Layout: HomeLayout,
  enhanceApp({ app }) {
    app.component('DrawDigit', DrawDigit);
    app.component('NamesTable', NamesTable);
    app.component('Race', Race);
    app.component('RunnableCell', RunnableCell);
    app.component('WatchItLearn', WatchItLearn);
  },
} satisfies Theme;
