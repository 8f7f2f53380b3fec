// SPDX-License-Identifier: Apache-2.0

extension ReportPage {
  /// The page's style sheet: light and dark by the reader's setting, ink on paper in print, one column on a phone.
  package static let style = """
    :root { color-scheme: light dark; --paper: #fbfbf9; --card: #ffffff; --ink: #1b1f24; --quiet: #626a73; --edge: #e3e4e0;
      --grid: #ececea; --main: #0b6e99; --other: #b3541e; --good: #2b7a4b; --warn: #a15c00; --warn-paper: #fdf3e0; }
    @media (prefers-color-scheme: dark) { :root { --paper: #14171a; --card: #1c2025; --ink: #e8e9ea; --quiet: #9aa3ac;
      --edge: #30363d; --grid: #2a3037; --main: #5cb8e4; --other: #eb9a63; --good: #74c69d; --warn: #f0b45b;
      --warn-paper: #33290f; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI",
      Roboto, "Helvetica Neue", "Noto Sans", sans-serif; -webkit-text-size-adjust: 100%; }
    main { max-width: 1080px; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
    h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .4rem; letter-spacing: -.01em; text-wrap: balance; }
    h2 { font-size: 1.4rem; line-height: 1.25; margin: 3rem 0 .3rem; padding-top: 1.6rem; border-top: 1px solid var(--edge);
      letter-spacing: -.005em; }
    h3 { font-size: 1.02rem; margin: 0 0 .35rem; }
    p { margin: .35rem 0 .8rem; max-width: 46rem; }
    .lead, .caption, .definition { color: var(--quiet); }
    .caption { font-size: .86rem; line-height: 1.45; margin: .5rem 0 0; }
    nav { margin: 1rem 0 0; font-size: .92rem; line-height: 2; }
    nav a { color: var(--main); margin-right: 1.1rem; text-decoration: none; white-space: nowrap; }
    nav a:hover { text-decoration: underline; }
    .tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(9.4rem, 1fr)); gap: .75rem; margin: 1.1rem 0 1.3rem; }
    .tile { background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: .7rem .9rem .75rem; }
    .tile .name { font-size: .78rem; color: var(--quiet); line-height: 1.3; }
    .tile .value { font-size: 1.5rem; font-weight: 650; line-height: 1.25; font-variant-numeric: tabular-nums; }
    .tile .interval { font-size: .78rem; color: var(--quiet); font-variant-numeric: tabular-nums; min-height: 1.2em; }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 25rem), 1fr)); gap: 1rem; }
    .table + .figures { margin-top: 1rem; }
    .stack { display: grid; gap: 1rem; align-content: start; }
    figure { margin: 0; background: var(--card); border: 1px solid var(--edge); border-radius: 10px; padding: 1rem 1.1rem;
      break-inside: avoid; }
    svg { display: block; width: 100%; height: auto; font: 12px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
    svg .grid { stroke: var(--grid); stroke-width: 1; }
    svg text { fill: var(--ink); font-variant-numeric: tabular-nums; }
    svg .tick, svg .axis { fill: var(--quiet); }
    svg .line { fill: none; stroke-width: 2.2; stroke-linejoin: round; stroke-linecap: round; stroke: var(--main); }
    svg .line.other { stroke: var(--other); } svg .line.quiet { stroke: var(--quiet); stroke-width: 1.4; stroke-dasharray: 5 4; }
    svg .dot { fill: var(--main); stroke: var(--card); stroke-width: 1.2; } svg .dot.other { fill: var(--other); }
    svg .whisker { stroke: var(--main); stroke-width: 1.6; opacity: .65; } svg .whisker.other { stroke: var(--other); }
    svg .column { fill: var(--main); opacity: .85; } svg .note { font-size: 11.5px; }
    .table { overflow-x: auto; margin: 1rem 0 0; background: var(--card); border: 1px solid var(--edge); border-radius: 10px;
      break-inside: avoid; }
    .table h3 { padding: .9rem 1.1rem 0; } .table .caption { padding: 0 1.1rem; margin: 0 0 .4rem; }
    table { border-collapse: collapse; width: 100%; font-size: .88rem; font-variant-numeric: tabular-nums; }
    th, td { padding: .42rem .7rem; text-align: right; white-space: nowrap; border-top: 1px solid var(--edge); }
    thead th { border-top: 0; color: var(--quiet); font-weight: 550; vertical-align: bottom; }
    th:first-child, td:first-child { text-align: left; padding-left: 1.1rem; font-weight: 500; color: var(--ink); }
    table.facts td { white-space: normal; padding-left: 0; padding-right: 0; }
    table.facts td:last-child { white-space: nowrap; padding-left: 1rem; font-weight: 550; }
    thead th { white-space: normal; } .table td { padding: .42rem .55rem; } .table td:first-child { padding-left: 1.1rem; }
    .table td .lead { display: block; font-size: .8rem; } .table td:last-child { white-space: normal; padding-right: 1.1rem; }
    td.flags { white-space: normal; text-align: left; min-width: 9rem; }
    .setting { display: block; max-width: 34rem; white-space: normal; }
    @media (max-width: 30rem) { table.facts td:last-child { white-space: normal; min-width: 8.5rem; } }
    .ok { color: var(--good); } .warn { color: var(--warn); font-weight: 600; }
    .notice { background: var(--warn-paper); border-radius: 10px; padding: .8rem 1.1rem; margin: 1.2rem 0 0; }
    footer { margin-top: 3rem; padding-top: 1.2rem; border-top: 1px solid var(--edge); font-size: .86rem; color: var(--quiet); }
    @media print { :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #000; --quiet: #444; --edge: #bbb;
        --grid: #e5e5e5; --main: #0b5e85; --other: #9a4515; --good: #1d5c37; --warn: #7a4500; --warn-paper: #fff; }
      @page { margin: 14mm; } body { font-size: 10.5pt; } main { padding: 0; max-width: none; } nav { display: none; }
      h2 { break-before: page; border-top: 0; padding-top: 0; margin-top: 0; } h2.first { break-before: auto; margin-top: 1rem; }
      h2, h3, .definition, .table .caption, summary { break-after: avoid; } tr, .tile, .notice { break-inside: avoid; }
      .figures, .stack { gap: .5rem; } .figures { grid-template-columns: 1fr 1fr; } figure { padding: .5rem .7rem; }
      figure svg { max-height: 60mm; font-size: 15px; } svg .note { font-size: 14px; }
      .caption { font-size: 8pt; line-height: 1.3; margin-top: .25rem; }
      .tile { padding: .35rem .6rem .4rem; } .tiles { gap: .4rem; margin: .6rem 0 .7rem; } .table { margin-top: .6rem; }
      .table.long { break-inside: auto; } .table td:last-child { min-width: 6.5rem; }
      th, td, .table td { padding-top: .2rem; padding-bottom: .2rem; font-size: 8.5pt; line-height: 1.35; }
      .table { overflow: visible; } .tiles { grid-template-columns: repeat(5, 1fr); } .tile .value { font-size: 1.2rem; }
      details::details-content { content-visibility: visible; block-size: auto; } }
    """
}
