namespace Quiescent.Scale.Reports;

// The page's style sheet. It must not contain what XML would escape. On a narrow page a row's text stands above its
// bar, on a wide one beside it.
internal static class HtmlReportStyle
{
    public const string Sheet = """

        :root {
          color-scheme: light dark;
          --page: #fbfbfa; --text: #1c1f23; --fine: #5b6470; --line: #d9dde2;
          --ours: #1d5fd1; --floor: #8a94a1; --managed: #c77700; --native: #1f8a5b;
          --met: #17703f; --missed: #b3261e; --open: #5b6470;
        }
        @media (prefers-color-scheme: dark) {
          :root {
            --page: #14171b; --text: #e7eaee; --fine: #9aa4b0; --line: #343b44;
            --ours: #6aa3ff; --floor: #77818d; --managed: #e0a243; --native: #4cc38a;
            --met: #6fd39c; --missed: #ff8a80; --open: #9aa4b0;
          }
        }
        * { box-sizing: border-box; }
        body {
          margin: 0 auto; padding: 1rem; max-width: 84rem; background: var(--page); color: var(--text);
          font: 16px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; overflow-wrap: anywhere;
        }
        h1 { font-size: 1.6rem; line-height: 1.2; margin: 0.5rem 0; }
        h2 { font-size: 1.1rem; line-height: 1.3; margin: 0 0 0.25rem; }
        p { margin: 0.25rem 0; }
        section { margin-top: 1.5rem; padding-top: 1.25rem; border-top: 1px solid var(--line); }
        ul { list-style: none; margin: 0; padding: 0; }
        a { color: inherit; }
        .fine { color: var(--fine); font-size: 0.85rem; }
        .id { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, monospace; font-size: 0.95em; margin-right: 0.35em; }
        .legend { display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin-top: 0.75rem; font-size: 0.9rem; }
        .swatch { display: inline-block; width: 0.9em; height: 0.9em; border-radius: 2px; vertical-align: -0.1em; }
        .swatch.ours { background: var(--ours); } .swatch.floor { background: var(--floor); }
        .swatch.managed { background: var(--managed); } .swatch.native { background: var(--native); }
        .targets li { padding: 0.35rem 0; border-bottom: 1px solid var(--line); }
        .targets a { font-family: ui-monospace, "DejaVu Sans Mono", Menlo, monospace; font-size: 0.9rem; }
        .measured { display: block; color: var(--fine); font-variant-numeric: tabular-nums; }
        .verdict { font-weight: 600; }
        .met { color: var(--met); } .missed { color: var(--missed); } .open { color: var(--open); }
        .rows li { display: grid; grid-template-columns: 1fr auto; column-gap: 0.75rem; align-items: baseline; padding: 0.4rem 0; }
        .rows li.ours .name { font-weight: 600; }
        .name { grid-column: 1; grid-row: 1; }
        .value { grid-column: 2; grid-row: 1; text-align: right; font-variant-numeric: tabular-nums; font-weight: 600; }
        .rows svg { grid-column: 1 / -1; grid-row: 2; }
        .rows .fine { grid-column: 1; grid-row: 3; }
        .ratio { grid-column: 2; grid-row: 3; text-align: right; font-size: 0.85rem; font-variant-numeric: tabular-nums; max-width: 11rem; }
        .reason { grid-column: 1 / -1; color: var(--fine); font-size: 0.85rem; }
        .without .name { color: var(--fine); }
        svg { display: block; width: 100%; height: 20px; }
        .tick { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
        .whisker { stroke: var(--text); stroke-width: 1.5; vector-effect: non-scaling-stroke; }
        .ours .bar { fill: var(--ours); } .floor .bar { fill: var(--floor); }
        .managed .bar { fill: var(--managed); } .native .bar { fill: var(--native); }
        .ticks { position: relative; height: 1.3rem; color: var(--fine); font-size: 0.75rem; }
        .ticks span { position: absolute; transform: translateX(-50%); white-space: nowrap; }
        .ticks span:first-child { transform: none; }
        .ticks span:last-child { transform: translateX(-100%); }
        .dense span:nth-child(even) { visibility: hidden; }
        @media (min-width: 48rem) {
          .dense span:nth-child(even) { visibility: visible; }
          .rows li { grid-template-columns: 19rem 1fr 6rem 12rem; padding: 0.2rem 0; }
          .rows svg { grid-column: 2; grid-row: 1; align-self: center; }
          .value { grid-column: 3; }
          .ratio { grid-column: 4; grid-row: 1; text-align: left; max-width: none; }
          .rows .fine { grid-column: 2 / -1; grid-row: 2; margin: 0; }
          .reason { grid-column: 2 / -1; grid-row: 1; }
          .axis { display: grid; grid-template-columns: 19rem 1fr 6rem 12rem; column-gap: 0.75rem; }
          .ticks { grid-column: 2; }
          .targets li { display: grid; grid-template-columns: 6rem 8rem 1fr 1fr; column-gap: 0.75rem; }
        }

        """;
}
