// The search's engine, which browsers and tests run: MiniSearch over the parts of the site's pages.
//
// globalThis.twolayerSearch(words, most) gives {count, pages: [{url, title, excerpt, parts: [...]}]}, with
// addresses within the site and excerpts in HTML.
(() => {
  "use strict";

  const WORD = /[\p{L}\p{N}_]+(?:[.-][\p{L}\p{N}_]+)*/gu;
  const HAN = /(\p{Script=Han}+)/u;
  const CAMEL = /\p{Lu}+(?!\p{Ll})|\p{Lu}?\p{Ll}+/gu;
  // Words that say nothing by themselves; as parts of names they count: no_grad, from_numpy.
  const SILENT = new Set(`a about am an and are as at be become been but by can could did do does each for from had has
    have how i if in is it its me my of on or should so some than that the them then there these they this those to
    vs was we were what when where which why will with would you your`.split(/\s+/));
  const FIELDS = { title: 2, name: 2, text: 1, code: 0.4, output: 0.6 };
  const PARTS_SHOWN = 3;
  const EXCERPT = 170;
  const ENOUGH = 0.4;

  // torch.nn.MSELoss is found by itself and by nn.MSELoss, MSELoss, mse and loss, in-place by inplace too.
  function termsOfName(word) {
    const found = [];
    const names = word.split(".");
    names.forEach((name, i) => {
      found.push(names.slice(i).join("."), name, name.replaceAll("-", ""));
      for (const part of name.split(/[_-]/)) {
        const pieces = part.match(CAMEL) ?? [];
        found.push(part, ...pieces.filter((piece) => piece.length > 2 && pieces.length > 1));
      }
    });
    return found.filter((term) => term.length > 1 && !/^\d/.test(term)).map(singular);
  }

  const singular = (term) => term.toLowerCase().replace(/(?<=.{2}(?:ss|sh|ch|x))es$|(?<=.{3}[^s])s$/, "");

  // Chinese has no spaces: each two characters that stand together.
  function pairs(run) {
    return run.length < 3 ? [run] : Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2));
  }

  const known = new Map();
  function terms(word) {
    if (!known.has(word)) {
      const runs = word.split(HAN).map((run, i) => (i % 2 ? pairs(run) : termsOfName(run)));
      known.set(word, [...new Set(runs.flat())]);
    }
    return known.get(word);
  }

  const words = (text) => (text.match(WORD) ?? []).filter((word) => !SILENT.has(word.toLowerCase()));

  // How often code or an output repeats a name says nothing.
  function tokenize(text, field) {
    const found = words(text).flatMap(terms);
    return field === "text" ? found : [...new Set(found)];
  }

  const records = globalThis.twolayerPages.flatMap(([url, pageTitle, weight, parts]) => {
    const page = { url, title: pageTitle, weight, name: url.replace(/(?:\/?index)?\.html$/, "").split("/").at(-1) };
    return parts.map(([title, anchor, text, code, output]) => (
      { page, title, name: anchor ? "" : page.name, anchor, text, code, output }));
  });
  const engine = new globalThis.MiniSearch({
    fields: Object.keys(FIELDS),
    tokenize,
    processTerm: (term) => term,
    searchOptions: { boost: FIELDS, tokenize: terms },
  });
  engine.addAll(records.map((record, id) => ({ ...record, id })));

  // What is alike where no page has a word: the same letters in another order, else a letter or two changed.
  function alike(word) {
    const near = (edits) => [...new Set(engine.search(word, { fuzzy: edits }).flatMap((found) => found.terms))];
    const sorted = (text) => [...text.toLowerCase()].sort().join("");
    const swapped = near(2).filter((term) => sorted(term) === sorted(word));
    return swapped.length ? swapped : near(word.length > 7 ? 2 : 1);
  }

  // The records that have a word, with the share of it that each has, from 0 to 1.
  function hits(word, unfinished) {
    const lower = word.toLowerCase();
    const whole = terms(word).length ? terms(word) : [lower];
    const stem = lower.replace(/(?<=.{4})(?:ations?|ions?|ing|ed)$/, "");
    const wanted = new Set([...whole, stem]);
    // What begins alike counts less; of one or two letters, which begin too much, in titles alone.
    const prefix = (term) => unfinished || term.length > 3;
    const fields = word.length < 3 && !HAN.test(word) ? ["title", "name"] : undefined;
    let found = engine.search(word, { tokenize: () => [...wanted], prefix, fields });
    let share = ({ match, queryTerms }) => {
      const shares = whole.map((term) => (match[term] ? 1 : queryTerms.includes(term) ? 0.7 : 0));
      return Math.max(sum(shares) / whole.length, queryTerms.includes(stem) ? 0.6 : 0);
    };
    if (!found.length && word.length > 3) {
      alike(word).forEach((term) => wanted.add(term));
      found = engine.search(word, { tokenize: () => [...wanted] });
      share = () => 0.5;
    }
    const shares = found.map((hit) => ({ id: hit.id, score: hit.score, share: share(hit) }));
    const often = sum(shares.map((hit) => hit.share));
    return { word, wanted, shares, rarity: Math.log(1 + records.length / (1 + often)) };
  }

  // How near a page's name is to what was typed: 1 where both are the same words.
  function likeness(name, typed) {
    const pieces = (names) => new Set(names.flatMap((one) => one.split(/[._-]/)).map(singular));
    const [a, b] = [pieces(name), pieces(typed)];
    return [...a].filter((piece) => b.has(piece)).length / new Set([...a, ...b]).size;
  }

  function search(query, most) {
    // The last word may be the beginning of another, until a space follows.
    const last = /[\p{L}\p{N}_]$/u.test(query) ? query.match(WORD)?.at(-1) : undefined;
    const asked = query.match(WORD)?.length ?? 0;
    const typed = [...new Set([...words(query), last].filter(Boolean))];
    const found = typed.map((word) => hits(word, word === last));
    const byPage = new Map();
    for (const { word, shares, rarity } of found) {
      for (const { id, score, share } of shares) {
        const record = records[id];
        if (!byPage.has(record.page)) byPage.set(record.page, new Map());
        const parts = byPage.get(record.page);
        if (!parts.has(id)) parts.set(id, { ...record, score: 0, shares: new Map() });
        const part = parts.get(id);
        part.score += score * share;
        part.shares.set(word, share * rarity);
      }
    }
    const ranked = [...byPage].map(([page, parts]) => rank(page, [...parts.values()], typed, asked))
      .sort((a, b) => b.score - a.score);
    const enough = ENOUGH * Math.max(0, ...ranked.map(({ shared }) => shared));
    const good = ranked.filter(({ shared }) => shared >= enough);
    const rarest = found.sort((a, b) => b.rarity - a.rarity).flatMap(({ wanted }) => (
      [...wanted].filter((term) => !SILENT.has(term)).sort((a, b) => b.length - a.length)));
    const marked = rarest.map(pattern);
    return { count: good.length, pages: good.slice(0, most).map(({ page, best }) => shown(page, best, marked)) };
  }

  // Decisive is how many of the words, the rare ones before all, stand on a page, and in one part of it.
  function rank(page, parts, typed, asked) {
    for (const part of parts) {
      part.shared = sum([...part.shares.values()]);
      part.score *= part.shared ** 2;
    }
    const best = parts.sort((a, b) => b.score - a.score);
    const shared = sum(typed.map((word) => Math.max(...parts.map((part) => part.shares.get(word) ?? 0))));
    const score = best[0].score + 0.2 * sum(best.slice(1, 4).map((part) => part.score));
    const called = Math.max(likeness(words(page.title), typed), likeness([page.name], typed));
    // An error message is a heading of several words; one or two are in many headings and in each list.
    const headed = asked > 2 ? likeness(words(best[0].title), typed) : 0;
    return { page, best, shared, score: score * shared * page.weight * (1 + 19 * called ** 4 + 5 * headed ** 2) };
  }

  function shown(page, best, marked) {
    const parts = best.slice(0, PARTS_SHOWN).filter((part) => part.shared >= ENOUGH * best[0].shared);
    const opening = parts.find((part) => !part.anchor);
    return {
      url: page.url,
      title: page.title,
      excerpt: opening ? excerpt(opening, marked) : "",
      parts: parts.filter((part) => part !== opening).map((part) => (
        { url: `${page.url}#${part.anchor}`, title: part.title, excerpt: excerpt(part, marked) })),
    };
  }

  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const safe = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

  // What a word looks like on a page: in-place for inplace, losses for loss.
  function pattern(term) {
    const letters = [...term].map((letter) => (letter === "." ? "\\." : letter)).join("-?");
    return `(?<![\\p{L}\\p{N}])${letters}${term.length > 3 ? "\\p{L}*" : "s?(?!\\p{L})"}`;
  }

  // Some words around the first place of the rarest word there, with each word marked.
  function excerpt(part, marked) {
    const fields = [part.text, part.output, part.code];
    let text = fields.find(Boolean) ?? "";
    let at = 0;
    for (const word of marked) {
      const there = fields.find((field) => new RegExp(word, "iu").test(field));
      if (there === undefined) continue;
      [text, at] = [there, there.search(new RegExp(word, "iu"))];
      break;
    }
    const start = at < 60 ? 0 : text.indexOf(" ", at - 50) + 1;
    const cut = text.slice(start, start + EXCERPT);
    const whole = start + EXCERPT < text.length ? `${cut.replace(/\s\S*$/, "")} …` : cut;
    if (!marked.length) return safe(whole);
    // Split at the words, the longest first, which a group keeps: every second piece is one.
    const longest = [...marked].sort((a, b) => b.length - a.length);
    const pieces = whole.split(new RegExp(`(${longest.join("|")})`, "iu"));
    const html = pieces.map((piece, i) => (i % 2 ? `<mark>${safe(piece)}</mark>` : safe(piece)));
    return (start ? "… " : "") + html.join("");
  }

  globalThis.twolayerSearch = search;
})();
