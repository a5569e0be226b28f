"""Renders small templates with Jinja2 as transformers sets it up; writes jinja_snippets.json.

Run it beside the file, with transformers and jinja2 installed. Each case holds the template and
what it becomes, or null where Jinja2 refuses it. The variables are the same for all cases.
"""

import json
import pathlib

from transformers.utils.chat_template_utils import _compile_jinja_template

VARIABLES = {
    "s": "Hello, Wörld 🦙!",
    "padded": " \t two  words\u00a0\n",
    "empty": "",
    "n": 7,
    "x": 2.5,
    "yes": True,
    "no": False,
    "nothing": None,
    "numbers": [3, 1, 2],
    "words": ["pear", "Apple", "fig", "apple"],
    "nested": {"a": {"b": [10, 20, 30]}, "items": 5, "k v": "w"},
    "people": [
        {"name": "Ada", "age": 36, "tags": ["x", "y"]},
        {"name": "Bob", "age": None},
        {"name": "cy", "age": 5, "tags": []},
    ],
    "json": {"t": "q\"\\\n\t\u0001é🦙</x>", "l": [1, 2.0, True, None, {}], "e": []},
}

EXPRESSIONS = r"""
s | s[0] | s[-2] | s[7:] | s[::-1] | s[::2] | s[-5:-1] | s[50:] | s[99] | s|length | s|upper | s|lower
s|title | s|capitalize | s.split(', ') | s.split(',', 1)[-1] | s.split('l') | padded.split() | padded.rsplit(None, 1)
padded.split(None, 1) | 'a--b--c'.rsplit('--', 1) | 'a,b,,c'.split(',') | ''.split() | ''.split(',') | padded.strip()
padded.lstrip() | padded.rstrip('\n') | 'xxaxx'.strip('x') | padded|trim | 'xyax'|trim('xy') | s.startswith('Hell')
s.startswith(('a', 'H')) | s.endswith('!') | s.replace('l', 'L') | s.replace('l', 'L', 2) | 'aaa'.replace('', '-')
s|replace('l', 'L', 1) | s.find('W') | s.find('zz') | s.count('l') | 'a\nb\r\nc\n'.splitlines() | '-'.join(words)
'a=b=c'.partition('=') | 'a=b=c'.rpartition('=') | 'abc'.partition('x') | '7'.zfill(3) | '-7'.zfill(4) | 'abc'.isdigit()
'12'.isdigit() | 'ab'.isalpha() | 'aB'.isupper() | 'AB1'.isupper() | ''.isalnum() | 'prefix-x'.removeprefix('prefix-')
'x.gguf'.removesuffix('.gguf') | '{} and {}'.format(1, 'b') | '{1}{0}{{}}'.format('a', 'b') | '{k}'.format(k=3)
'%s=%d%%' % ('a', 5) | '%s' % 'only' | '%s' % numbers | "don't" | 'tab\tnl\n\'q\' \x41 \u00e9 \q' | "a" 'b' "c"
n + 1 | n - 10 | n * 2 | n / 2 | n // 2 | n % 4 | -n // 2 | -7 % 3 | 2 ** 10 | 2 ** -1 | -2 ** 2 | 7.0 // 2 | -7.5 % 2
1 / 3 | 1e16 * 10 | 0.1 + 0.2 | 1e-5 * 1 | 100000.0 * 1 | 123456789012345680.0 * 1 | 5 == 5.0 | 1 == true | 'a' < 'b' | n < 8 < 9 | 1 < 3 < 2
1.0 | 1e22 | 1.5e300 * 1e10 | 3.0 * 2 | true + 1 | 10 // 0 | 'a' + 1 | 'ab' * 3 | numbers * 2 | numbers + [4] | (1, 2) + (3,)
[1, 'a', none, true, 1.5] | (1,) | () | {} | {'a': 1, 'b': [2]} | {1: 2, none: 3} | 'it\'s' | ['it\'s', "a\"b", 'a\'"b', '\n\\é\u200b']
n if yes else s | n if no | (n if no) is defined | not yes | not no and yes | not n in numbers | n not in numbers | 3 in numbers
'ell' in s | 'a' in nested | nothing is none | nothing is not none | missing is defined | missing is undefined | nested.zz is defined
not missing is defined | missing | missing.a | missing['a'] | missing ~ 'x' | missing + 'x' | missing == missing | missing in [1] | 1 in missing
yes and n | no or s | no and missing.a | yes or missing.a | n is number | s is string | s is iterable | n is iterable | nested is mapping
numbers is sequence | yes is boolean | yes is true | n is odd | n is even | n is divisibleby 7 | n is divisibleby(2) | n is eq 7 | n is ge 8
yes is number | yes is integer | x is float | n is in [7] | 'abc' is lower | 'ABC' is upper | missing is callable | range is callable
n is sameas 7 | 'upper' is filter | 'nope' is filter | s ~ n ~ nothing ~ yes ~ x | nested.a.b[1] | nested['a']['b'][-1] | nested.a.b.2
nested['items'] | nested.items()|list | nested.get('k v') | nested.get('q') | nested.get('q', 1) | nested['k v'] | nested.keys()|list
nested.values()|list | nested|length | nested|list | nested.zz.y | none.a | n.a | numbers.a is defined | numbers[10] | numbers[-3] | numbers[1:] | numbers[::-1]
numbers[:-1] | numbers[5:] | numbers[0:3:2] | numbers[-1::-2] | numbers[::0] | numbers['a'] | people[0].name | people[-1]['tags'] | people|map(attribute='name')|list
people|map(attribute='age', default=1)|list | people|map(attribute='tags.0', default='none')|list | words|map('upper')|list | words|map('replace', 'p', 'q')|join
people|selectattr('age')|map(attribute='name')|join(', ') | people|selectattr('age', 'none')|list|length | people|rejectattr('tags', 'defined')|list
people|selectattr('name', 'equalto', 'Bob')|first | people|selectattr('age', 'gt', 6)|list | numbers|select('gt', 1)|list | numbers|reject('odd')|list
[0, 1, '', 'a']|select|list | nothing|select|list | words|sort | words|sort(case_sensitive=true) | words|sort(reverse=true) | people|sort(attribute='name')|map(attribute='name')|list
numbers|sort|join | words|unique|list | words|unique(true)|list | numbers|min | numbers|max | words|min | []|max | numbers|sum | people|sum(attribute='zz') | numbers|sum(start=10)
numbers|first | numbers|last | []|first | ''|last | numbers|reverse|list | s|reverse | s|list|length | s|first | numbers|join('-') | people|join('/', attribute='name') | [none, 1, 'a']|join(',')
nested|dictsort | {'b': 1, 'A': 2, 'c': 0}|dictsort | {'b': 1, 'A': 2}|dictsort(true) | {'b': 1, 'A': 2}|dictsort(by='value') | nested|items|list | missing|items|list
missing|default('d') | empty|default('d') | empty|default('d', true) | nothing|default('d') | missing|d | n|string + 'x' | '42'|int + 1 | '4.9'|int | 'x'|int | 'x'|int(-1) | 3.99|int | '0x1F'|int(0, 16)
'2.5'|float | 'x'|float | n|float | -5|abs | -2.5|abs | 2.5|round | 3.5|round | 2.567|round(2) | 2.567|round(2, 'floor') | 2.1|round(0, 'ceil') | 7|round | x|int | true|int
'a\nb\n\nc'|indent | 'a\nb\n\nc'|indent(2, true) | 'a\nb\n\nc'|indent(1, blank=true) | 'a\nb'|indent('> ') | ''|indent | 'a<b>&"\''|e | 'two words'|wordcount | 'x'|attr('y') is defined | "%s-%s"|format(1, 2)
json|tojson | json|tojson(indent=2) | json.t|tojson(ensure_ascii=true) | json|tojson(separators=(',', ':')) | {'b': 1, 'a': {'d': 1, 'c': 2}}|tojson(sort_keys=true) | numbers|tojson(indent=4) | (1, 2)|tojson | {}|tojson(indent=1) | 1e20|tojson
missing|tojson | n|tojson | nothing|tojson | {1: 2, none: 4}|tojson | s|tojson|length | s|nope | s is nope | s.nope() | nope() | s() | dict(a=1, b=2) | dict([('a', 1)]) | dict({'a': 1}, b=2) | dict(a=1).a
range(3)|list | range(1, 4)|list | range(5, 0, -2)|list | range(0)|list | range(100001) | namespace(a=1).a | namespace(a=1)['a'] | namespace().b | numbers.append(4) | nested.update({}) | numbers.index(1) | numbers.count(3)
numbers.index(9) | numbers.copy() | ''.join(['a', 1]) | s.__class__ | s.__class__.__mro__ | s['__class__'] | ().__class__.__bases__ | numbers.__len__() | raise_exception('no') | (1, 2, 3)[1:] | {'a': 1}.a | [[1, 2], [3]][0][1] | 'a' 'b'|upper | -1|abs | (-1)|abs | 1 if 2 if 0 else 3 else 4
true | True | none | None | 1_000 | 'é'|length | '🦙🦙'[1] | 'ÀÉ'|lower | 'straße'|upper | 'x' if 'x' in 'xyz' else 'n' | [x for y in z] | {'a' 1} | a..b | 1 + | (1 | 'open
('<a>'|safe) + '<b>' | '<' + ('<a>'|safe) ~ 1 | '<a>'|safe ~ "<'" | '<'|e|e | '<'|safe|trim + '<' | ('<'|safe)|length | ('<'|safe) == '<' | [('<'|safe)]|join('>') | '<'|safe is string | {'a': '<'|safe}|tojson | ('x'|safe)[0] | missing|int | 1[::2] is defined
numbers == [3, 1, 2] | (1, 2) == [1, 2] | {'a': 1} == {'a': 1.0} | [1, 2] < [1, 3] | 'a' < 1 | none < 1 | none == none | 'a' != 'b' | nested.a.b is sequence | s is sequence | nested is iterable | nothing is iterable
"""

STATEMENTS = [
    "{% if n > 5 %}a{% elif n %}b{% else %}c{% endif %}",
    "a\n{% if yes %}\nb\n{% endif %}\nc\n",
    "a\n  {% if yes %}\n  b\n  {% endif %}\nc\n\n",
    "a {%- if yes -%} b {%- endif -%} c",
    "a\n  {%+ if yes %}\nb{% endif +%}\nc",
    "x {{ n }}\ny\n{{ n }}\n",
    "x \n {{- n -}} \n y",
    "  {# note #}\nx {# note -#}  \n y",
    "a{#- c -#} b",
    "{% raw %}{{ x }} {% if %}{% endraw %}\nz",
    "a {%- raw -%} {{ x }} {%- endraw -%} b",
    "line\r\nnext{% if yes %}\r\nz{% endif %}",
    "{{ '}}' }}{{ \"%}\" }}{{ {'a': {'b': 1}}['a'] }}",
    "{% for i in numbers %}{{ loop.index }}:{{ i }}{% if not loop.last %}, {% endif %}{% endfor %}",
    "{% for i in numbers %}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ loop.first }}"
    "{{ loop.length }}{{ loop.depth }}{{ loop.previtem }}{{ loop.nextitem }};{% endfor %}",
    "{% for i in numbers if i > 1 %}{{ loop.length }}{{ i }}{% endfor %}",
    "{% for i in [] %}x{% else %}none{% endfor %}",
    "{% for i in missing %}x{% else %}none{% endfor %}",
    "{% for i in nothing %}x{% endfor %}",
    "{% for k, v in nested.items() %}{{ k }}={{ v }};{% endfor %}",
    "{% for k in nested %}{{ k }};{% endfor %}",
    "{% for a, b in [(1, 2), [3, 4]] %}{{ a }}{{ b }} {% endfor %}",
    "{% for a, b in [(1, 2, 3)] %}{% endfor %}",
    "{% for (a, b), c in [((1, 2), 3)] %}{{ a + b + c }}{% endfor %}",
    "{% for i in range(10) %}{% if i == 2 %}{% continue %}{% endif %}{% if i == 5 %}{% break %}"
    "{% endif %}{{ i }}{% endfor %}",
    "{% for i in numbers %}{% for j in numbers %}{{ loop.index }}{% endfor %}{{ loop.index }} {% endfor %}",
    "{% for c in 'añ🦙' %}[{{ c }}]{% endfor %}",
    "{% for p in people recursive %}{{ p.name }}{{ loop(p.kids|default([])) }}{% endfor %}",
    "{% for i in [[1, [2]], [3]] recursive %}{{ loop.depth }}{% if i is number %}{{ i }}{% else %}"
    "({{ loop(i) }}){% endif %}{% endfor %}",
    "{% for i in numbers %}{{ loop.cycle('a', 'b') }}{{ loop.changed(i > 2) }}{% endfor %}",
    "{% set v = 1 %}{% for i in numbers %}{{ v }}{% set v = i %}{{ v }};{% endfor %}{{ v }}",
    "{% for i in [1, 2] %}{% if i == 1 %}{% set q = 5 %}{% endif %}{{ q }}|{% endfor %}{{ q }}",
    "{% set ns = namespace(v=0) %}{% for i in numbers %}{% set ns.v = ns.v + i %}{% endfor %}{{ ns.v }}",
    "{% set ns = namespace({'a': 1}, b=2) %}{{ ns.a }}{{ ns.b }}{% set ns.c = 3 %}{{ ns.c }}",
    "{% set n.a = 1 %}",
    "{% set a, b = 1, 2 %}{{ a }}{{ b }}",
    "{% set t = 1, 2 %}{{ t }}",
    "{% set a %}x{{ n }}{% endset %}[{{ a }}]",
    "{% set a | upper %}x{{ n }}{% endset %}[{{ a }}]",
    "{% set a | trim | replace('x', 'y') %} x {% endset %}[{{ a }}]",
    "{% if yes %}{% set inner = 3 %}{% endif %}{{ inner }}",
    "{% macro m(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{{ n }}{% endmacro %}{{ m(1) }} {{ m(1, c=4) }} {{ m() }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
    "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(b=2) }}",
    "{% macro m() %}{{ late }}{% endmacro %}{% set late = 'L' %}{{ m() }}",
    "{% macro f(k) %}{% if k > 0 %}{{ k }}{{ f(k - 1) }}{% endif %}{% endmacro %}{{ f(3) }}",
    "{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}body{{ n }}{% endcall %}",
    "{% macro m() %}[{{ caller(5) }}]{% endmacro %}{% call(v) m() %}v{{ v }}{% endcall %}",
    "{% macro m() %}  x\n{% endmacro %}{{ m() | trim }}{{ m()|length }}",
    "{% macro m(a) -%} {{ a }} {%- endmacro %}[{{ m('q') }}]",
    "{% filter upper %}abc{{ s }}{% endfilter %}",
    "{% filter trim | upper %} abc {% endfilter %}",
    "{% with a = 1, b = 2 %}{{ a + b }}{% endwith %}{{ a }}",
    "{% generation %}x{{ n }}{% endgeneration %}",
    "{% generation %}\n  x\n{% endgeneration %}\ny",
    "{{ m(*[1, 2], **{'c': 3}) if no else 'ok' }}",
    "{% macro m(a, b, c) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(*[1, 2], **{'c': 3}) }}",
    "{% macro m(a, b) %}{{ a }}{{ b }}{% endmacro %}{{ m(b=1, a=2) }}",
    "{% if %}x{% endif %}",
    "{% if yes %}x",
    "{% endif %}",
    "{% for i in numbers %}{% endif %}",
    "{% include 'x' %}",
    "{% import 'x' as y %}",
    "{% extends 'x' %}",
    "{% nope %}",
    "{{ n",
    "{% break %}",
    "{# open",
    "{% raw %}open",
    "{{ n }} }} %} #}",
    "{{ }}",
    "{{ 1, 2 }}",
    "{{ (1) }}{{ (1,) }}",
    "{%if yes%}tight{%endif%}",
    "{%- for m in people -%}\n{{ '<' + m.name + '>' }}\n{% endfor -%}\n end",
    "\n\n{% if yes %}\n\nx\n\n{% endif %}\n\n",
    "{% if yes %}a{% endif %}\n{% if yes %}b{% endif %}\n",
    "\t {% if yes %}a{% endif %} \n",
    "x\n\u2003{% if yes %}y{% endif %}",
    "{{ n -}}\n\n  x",
    "{{- n }}  \n",
    "{% set _ = 1 %}{{ _ }}",
    "{{ nested['a'].b | length }}{{ people[1:] | length }}",
    "{%- set ns = namespace(found=false) -%}{%- for m in people[::-1] -%}{%- if m.age and not ns.found -%}"
    "{%- set ns.found = true -%}{{ m.name }}{%- endif -%}{%- endfor -%}",
]


def split_expressions(text):
    """Expressions stand apart by ' | ' with spaces; filters have none around their bar."""
    for line in text.strip().splitlines():
        yield from line.split(" | ")


def render(template):
    try:
        return _compile_jinja_template(template).render(**VARIABLES)
    except Exception:
        return None


def main():
    templates = ["{{ " + expression + " }}" for expression in split_expressions(EXPRESSIONS)]
    cases = [{"template": text, "expected": render(text)} for text in templates + STATEMENTS]
    target = pathlib.Path(__file__).with_name("jinja_snippets.json")
    lines = ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases)
    variables = json.dumps(VARIABLES, ensure_ascii=False)
    target.write_text('{"variables": %s,\n"cases": [\n%s\n]}\n' % (variables, lines))
    print(len(cases), "cases,", sum(case["expected"] is None for case in cases), "refused")


if __name__ == "__main__":
    main()
