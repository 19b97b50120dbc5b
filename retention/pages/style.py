"""How pages look: one style sheet inside each page, light and dark, from a phone's width up; and their one script."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root{color-scheme:light dark;--bg:#f4f6fa;--card:#fff;--ink:#14213d;--soft:#5a657b;--line:#dde3ed;--accent:#2451b7;
--accent-bg:#eaf0fd;--good:#17704f;--good-bg:#e4f4ec;--wait:#8a5a0b;--wait-bg:#fdf2dc;--bad:#a32a3a;--bad-bg:#fbe9eb;
--code:#f0f3f8}
@media(prefers-color-scheme:dark){:root{--bg:#10151f;--card:#182030;--ink:#e6ebf5;--soft:#9aa7bf;--line:#2b374d;
--accent:#8fb2ff;--accent-bg:#1d2b4a;--good:#6fd3a6;--good-bg:#15332a;--wait:#efbf67;--wait-bg:#382b12;--bad:#ff98a4;
--bad-bg:#3f1b22;--code:#212c40}}
*,::before,::after{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.6 system-ui,'Segoe UI','Noto Sans',
'Hiragino Sans','Yu Gothic UI','Noto Sans CJK JP','Noto Sans JP',sans-serif;overflow-wrap:anywhere}
a{color:var(--accent);text-underline-offset:3px}
a:focus-visible,button:focus-visible,select:focus-visible,summary:focus-visible,.scroll:focus-visible
{outline:3px solid var(--accent);outline-offset:2px;border-radius:4px}
.skip{position:absolute;left:-999px}.skip:focus{left:12px;top:8px;background:var(--card);padding:6px 12px}
.page{max-width:1180px;margin:0 auto;padding:18px 24px 56px}
.bar{display:flex;justify-content:space-between;gap:16px;color:var(--soft);font-size:13px;margin-bottom:14px}
h1{font-size:24px;line-height:1.3;margin:0;font-weight:600;letter-spacing:-.01em}
h2{font-size:15px;margin:0 0 12px;font-weight:600}
p{margin:0 0 8px}
.title{display:flex;flex-wrap:wrap;align-items:center;gap:8px 14px;margin-bottom:4px}
.sub{color:var(--soft);margin:0 0 18px}
.card{background:var(--card);border:1px solid var(--line);border-radius:10px;padding:18px 20px;margin:0 0 16px}
.badge{display:inline-block;padding:1px 10px;border-radius:11px;font-size:12.5px;font-weight:600;white-space:nowrap;
background:var(--accent-bg);color:var(--accent)}
.good{background:var(--good-bg);color:var(--good)}.wait{background:var(--wait-bg);color:var(--wait)}
.bad{background:var(--bad-bg);color:var(--bad)}.calm{background:var(--code);color:var(--soft)}
.next{border-left:5px solid var(--accent);display:flex;flex-wrap:wrap;gap:10px 28px;justify-content:space-between}
.next>div{flex:1 1 420px}.next h2{font-size:17px;margin-bottom:4px}.next .small{color:var(--soft);font-size:13px}
.next.is-bad{border-left-color:var(--bad)}.next.is-good{border-left-color:var(--good)}
code,.mono{font:12.5px/1.5 ui-monospace,'SF Mono','DejaVu Sans Mono',Menlo,Consolas,monospace}
code{background:var(--code);border-radius:4px;padding:1px 5px}
pre{margin:8px 0 0;background:var(--code);border-radius:6px;padding:9px 12px;white-space:pre-wrap;
font:12.5px/1.55 ui-monospace,'SF Mono','DejaVu Sans Mono',Menlo,Consolas,monospace}
.road{display:flex;list-style:none;margin:0;padding:4px 0 0;counter-reset:stop}
.road li{flex:1;position:relative;padding-top:32px;text-align:center;font-size:12px;color:var(--soft)}
.road li::before{content:"";position:absolute;top:3px;left:50%;width:20px;height:20px;margin-left:-10px;
border-radius:50%;background:var(--card);border:2px solid var(--line);z-index:1}
.road li::after{content:"";position:absolute;top:12px;left:-50%;width:100%;height:2px;background:var(--line)}
.road li:first-child::after{display:none}
.road b{display:block;color:var(--ink);font-weight:600;font-size:13.5px}
.road .ahead b{color:var(--soft);font-weight:500}
.road .done::before{background:var(--good);border-color:var(--good)}
.road .done::after,.road .now::after,.road .stuck::after{background:var(--good)}
.road .now::before{border:6px solid var(--accent)}
.road .stuck::before{background:var(--bad);border-color:var(--bad)}
.tick{position:absolute;top:3px;left:50%;margin-left:-10px;width:20px;height:20px;z-index:2;fill:none;
stroke:var(--card);stroke-width:2.4;stroke-linecap:round;stroke-linejoin:round}
.split{display:grid;grid-template-columns:minmax(0,1fr) 330px;gap:0 16px;align-items:start}
.scroll{overflow-x:auto;overflow-wrap:normal}
.scroll .mono{overflow-wrap:break-word}
table{border-collapse:collapse;width:100%;font-size:13.5px}
th{text-align:left;color:var(--soft);font-weight:600;font-size:12.5px;padding:0 14px 7px 0;
border-bottom:1px solid var(--line);white-space:nowrap}
td{padding:9px 14px 9px 0;border-bottom:1px solid var(--line);vertical-align:top}
tr:last-child td{border-bottom:0;padding-bottom:2px}
th:last-child,td:last-child{padding-right:0}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.nowrap{white-space:nowrap}.soft{color:var(--soft)}.small{font-size:12.5px}
.todo{list-style:none;margin:0;padding:0}.todo li{padding:7px 0 7px 26px;position:relative;
border-bottom:1px solid var(--line);font-size:14px}.todo li:last-child{border:0}
.todo li::before{content:"";position:absolute;left:2px;top:12px;width:13px;height:13px;border-radius:4px;
border:2px solid var(--line)}
.todo li:first-child{font-weight:600}.todo li:first-child::before{border-color:var(--accent)}
dl{display:grid;grid-template-columns:auto 1fr;gap:5px 16px;margin:0;font-size:13.5px}dt{color:var(--soft)}dd{margin:0}
.button{display:inline-block;background:var(--accent);color:var(--card);border:0;border-radius:7px;padding:7px 16px;
font:600 14px/1.6 inherit;font-family:inherit;text-decoration:none;cursor:pointer}
.button.quiet{background:var(--accent-bg);color:var(--accent)}
.actions{display:flex;flex-wrap:wrap;gap:8px;margin:12px 0 0}
.chips{display:flex;flex-wrap:wrap;gap:8px;margin:0 0 14px;padding:0;list-style:none}
.chips a{display:inline-block;font-size:14px;padding:5px 14px;border-radius:16px;
border:1px solid var(--line);background:var(--card);color:var(--ink);text-decoration:none}
.chips a[aria-current]{background:var(--accent);border-color:var(--accent);color:var(--card);font-weight:600}
.filter{display:flex;flex-wrap:wrap;gap:10px 14px;align-items:end;margin:0 0 14px}
.filter label{font-size:12.5px;color:var(--soft);display:grid;gap:3px}
select{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--line);border-radius:7px;
padding:5px 8px}
.bold{font-weight:600}.empty{color:var(--soft);padding:22px 0;text-align:center}
ul.plain{margin:0;padding-left:18px;font-size:13.5px}
.more{display:flex;justify-content:space-between;margin-top:14px}
footer{color:var(--soft);font-size:12.5px;margin-top:22px}
@media(max-width:860px){.scroll:not(.cases) table{min-width:560px}
.split{grid-template-columns:minmax(0,1fr)}.page{padding:14px 14px 40px}.card{padding:15px}
.road{flex-direction:column;padding:0}.road li{text-align:left;padding:2px 0 14px 34px}
.road li::before{left:10px;top:4px}.tick{left:10px;top:4px}
.road li::after{left:9px;top:-14px;width:2px;height:20px}.road b{display:inline;margin-right:8px}
.cases thead{display:none}.cases tr{display:block;padding:10px 0;border-bottom:1px solid var(--line)}
.cases td{display:inline-block;border:0;padding:1px 12px 1px 0}.cases td:first-child{display:block;font-size:15px}
.cases td:last-child{display:block}dl{grid-template-columns:minmax(96px,auto) 1fr}}
@media print{body{background:#fff}.card{break-inside:avoid}.bar,.actions,.filter,.chips{display:none}}
""".replace("\n", "")

SCRIPT = """
addEventListener("click",e=>{const a=e.target.closest("a[data-outside]");if(!a||parent===window||e.ctrlKey||e.metaKey)
return;e.preventDefault();parent.history.pushState(null,"",a.getAttribute("href"));
parent.dispatchEvent(new PopStateEvent("popstate"))})
""".replace("\n", "")
"""Airflow shows us in a frame that may not lead its window elsewhere; it follows its own history, so that is told."""


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


POLICY = (
    f"default-src 'none'; style-src {_hash(STYLE)}; script-src {_hash(SCRIPT)}; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
"""The pages' Content-Security-Policy: this style sheet, this script, nothing else; in frames of the same site only."""
