// Says what the interface says in the page's language; pages in another language than English bring its words along.
// {0}, {1} … are replaced by what else is given.
const say = (text, ...given) =>
  (globalThis.twolayerWords?.[text] ?? text).replace(/\{(\d)\}/g, (_, place) => given[place]);
