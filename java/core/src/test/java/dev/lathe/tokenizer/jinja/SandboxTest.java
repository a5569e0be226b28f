package dev.lathe.tokenizer.jinja;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Clock;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates that try to get out, or to keep the machine busy. */
class SandboxTest {
    /** Ample for the bounds on a slow machine, and far below an endless loop. */
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static String render(String template) {
        Map<String, Object> variables = Map.of("messages", List.of(Map.of("role", "user")));
        return assertTimeoutPreemptively(
                LIMIT, () -> Template.parse(template).render(variables, Clock.systemUTC()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{{ messages.getClass().forName('java.lang.Runtime') }}",
                "{{ ''.getClass() }}",
                "{{ ''.class.protectionDomain }}",
                "{{ ''.__class__.__mro__[1].__subclasses__() }}",
                "{{ messages.__class__.__base__ }}",
                "{{ range.__globals__['os'] }}",
                "{{ raise_exception.__init__.__globals__ }}",
                "{{ namespace().__class__.__init__ }}",
                "{% set ns = namespace() %}{% set ns.__class__ = 1 %}",
                "{{ namespace(__init__=1) }}",
                "{{ messages|attr('__class__')|attr('__base__') }}",
                "{{ messages|map(attribute='__class__.__base__')|list }}",
                "{{ messages.clear() }}",
                "{{ messages[0].update({'role': 'system'}) }}",
                "{{ messages[0].pop('role') }}",
                "{{ '{0.__class__}'.format(messages) }}",
                "{{ lipsum() }}",
                "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
                "{% include '/etc/passwd' %}",
                "{% import 'os' as os %}",
                "{% extends '/etc/passwd' %}",
                "{{ self._TemplateReference__context }}",
                "{{ java.lang.System.exit(1) }}"
            })
    void reachesNothingOutside(String template) {
        assertThrows(TemplateException.class, () -> render(template));
    }

    @Test
    void seesNoAttributesOfJava() {
        assertEquals("", render("{{ ''.bytes }}{{ messages.empty }}{{ messages[0].class }}"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                // Loops.
                "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
                "{% for a in range(99999999999) %}{% endfor %}",
                "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
                "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a()"
                        + " }}",
                "{% macro m(n) %}{% if n %}{{ m(n - 1) }}{{ m(n - 1) }}{% endif %}{% endmacro %}{{"
                        + " m(90) }}",
                "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
                // Text.
                "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(99) %}"
                        + "{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
                "{% set ns = namespace(s='xxxxxxxx') %}{% for i in range(99) %}"
                        + "{% set ns.s = ns.s + ns.s %}{% endfor %}",
                "{{ 'x' * 99999999999 }}",
                "{{ 'x' * 999999999 * 999999999 }}",
                "{% set s = 'x' * 1000000 %}{% for i in range(1000) %}{{ s }}{% endfor %}",
                "{% set s = 'x' * 100000 %}{{ s.replace('x', s) }}",
                "{% set s = 'x' * 100000 %}{{ s|replace('', s) }}",
                "{% set s = 'x' * 10000 %}{{ s.join(s) }}",
                "{% set s = '\\n' * 1000000 %}{{ s|indent(1000, blank=true) }}",
                "{{ 'x'|indent(99999999999, true) }}",
                "{{ [[[[1]]]]|tojson(indent=99999999) }}",
                "{{ '7'.zfill(9999999999) }}",
                "{% set s = 'ab' * 1000000 %}{% for i in range(100000) %}{{ 'c' in s }}{% endfor"
                        + " %}",
                "{% set s = 'ab' * 1000000 %}{% for i in range(100000) %}{{ s|length }}{% endfor"
                        + " %}",
                "{% set s = ' ' * 1000000 %}{% for i in range(100000) %}{{ s|trim }}{% endfor %}",
                "{% set s = 'a' * 1000000 %}{% for i in range(100000) %}{{ s[0] }}{% endfor %}",
                // Collections.
                "{{ [1] * 99999999999 }}",
                "{% set ns = namespace(l=[1]) %}{% for i in range(99) %}"
                        + "{% set ns.l = ns.l + ns.l %}{% endfor %}",
                "{% set ns = namespace(l=[]) %}{% for i in range(99999) %}"
                        + "{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l }}",
                "{% set ns = namespace(l=[]) %}{% for i in range(99) %}{% set ns.l = [ns.l, ns.l]"
                        + " %}{% endfor %}{{ ns.l == ns.l[:] }}{{ ns.l|tojson }}",
                "{% set ns = namespace(l=()) %}{% for i in range(99999) %}"
                        + "{% set ns.l = (ns.l,) %}{% endfor %}{{ {ns.l: 1} }}",
                "{% set l = range(100000)|list %}{{ l|unique|list }}",
                "{% set ns = namespace(l=()) %}{% for i in range(99) %}"
                        + "{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ {ns.l: 1} }}",
                "{% set ns = namespace(l=()) %}{% for i in range(99) %}"
                        + "{% set ns.l = (ns.l, ns.l) %}{% endfor %}{{ messages[0][ns.l] ~ 1 }}",
                "{% set ns = namespace(l=[]) %}{% for i in range(99) %}"
                        + "{% set ns.l = [ns.l, ns.l] %}{% endfor %}{{ ns.l in messages[0] }}",
                "{% set s = 'a' * 1000000 %}{{ ('a' * 500000 ~ 'b') in s }}",
                "{% set s = 'a' * 1000000 %}{{ s.split('a' * 500000 ~ 'b') }}",
                "{% set s = 'a' * 1000000 %}{% for i in range(1000) %}{{ s.strip('bcdefghijkl')"
                        + " }}{% endfor %}",
                // Numbers.
                "{% for i in range(100000) %}{% for j in range(100000) %}{{ 0.1 ~ '' }}{% endfor"
                        + " %}{% endfor %}",
                "{{ 10 ** 99 }}",
                "{{ 9223372036854775807 + 1 }}",
                "{{ 99999999999999999999 }}",
                "{{ 1.5|round(999999999) }}",
                "{{ 'x'.zfill(true) ~ messages[0:1:0] }}"
            })
    void isBounded(String template) {
        assertThrows(TemplateException.class, () -> render(template));
    }

    @Test
    void refusesDeepNesting() {
        for (String pattern : List.of("(", "[", "{", "not ", "-", "{1:", "a(", "a[", "a|b(")) {
            assertThrows(
                    TemplateException.class,
                    () -> render("{{ " + pattern.repeat(100_000) + "1 }}"),
                    pattern);
        }
        assertThrows(TemplateException.class, () -> render("{% if 1 %}".repeat(100_000)));
        assertThrows(TemplateException.class, () -> render("x".repeat((1 << 20) + 1)));
        String chain = "{{ 1" + "+1".repeat(100_000) + " }}";
        assertTrue(
                assertThrows(TemplateException.class, () -> render(chain))
                        .getMessage()
                        .contains("deep"));
    }

    @Test
    void rendersConversationsOfAMillionCharacters() {
        String template =
                "{% for m in messages %}{% if '</think>' in m.content %}"
                        + "{{ m.content.split('</think>')[-1] | trim }}{% else %}{{ m.content }}"
                        + "{% endif %}{% endfor %}";
        List<Map<String, String>> messages =
                Collections.nCopies(1000, Map.of("content", "word ".repeat(400)));
        String text =
                Template.parse(template).render(Map.of("messages", messages), Clock.systemUTC());
        assertEquals(2_000_000, text.length());
    }
}
