"""Conversations rendered by transformers through the chat templates of real models.

Writes chat_templates.json:
  templates: name -> {template, bosToken, eosToken, source}
  cases: [{template, messages, addGenerationPrompt, expected}]
The templates come from llama.cpp's models/templates (R1 distills) and from GGUF files' metadata.
"""

from pathlib import Path

from transformers.utils.chat_template_utils import render_jinja_template

from ..gguf_file import open_gguf
from .output import output_parser, write_json

R1_TEMPLATES = {
    "deepseek-r1-distill-llama": "deepseek-ai-DeepSeek-R1-Distill-Llama-8B.jinja",
    "deepseek-r1-distill-qwen": "deepseek-ai-DeepSeek-R1-Distill-Qwen-32B.jinja",
}
R1_BOS, R1_EOS = "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"


def user(content: str) -> dict[str, str]:
    return {"role": "user", "content": content}


def system(content: str) -> dict[str, str]:
    return {"role": "system", "content": content}


def assistant(content: str) -> dict[str, str]:
    return {"role": "assistant", "content": content}


CONVERSATIONS = (
    [user("What is 7 * 8?")],
    [system("Answer in one word."), user("Capital of France?")],
    [user("Hi"), assistant("Hello! How can I help?"), user("Tell me a joke.")],
    [user("2+2?"), assistant("<think>\nTwo and two.\n</think>\n\n4"), user("And doubled?")],
    [user("2+2?"), assistant("<think>\nTwo and two.\n</think>\n\n4")],
    [system("Be brief."), user("a"), assistant("b"), user("c"), assistant("d"), user("e")],
    [user("  leading, trailing and\n\n\tinner white space  \n")],
    [user("")],
    [system(""), user("An empty system message.")],
    [user("Größe 東京 🙂 \"quoted\" 'single' {{ braces }} {% block %} <b>&amp;</b> \\n \\ /")],
    [user("First."), user("Second, without an answer between.")],
    [system("Only instructions.")],
    [user("One <|im_end|> inside."), assistant(""), user("Next.")],
)


def from_gguf(path: Path) -> dict[str, str]:
    """Template and special tokens of a GGUF file."""
    metadata = open_gguf(path).metadata
    tokens = metadata["tokenizer.ggml.tokens"]
    return {
        "template": metadata["tokenizer.chat_template"],
        "bosToken": tokens[metadata["tokenizer.ggml.bos_token_id"]],
        "eosToken": tokens[metadata["tokenizer.ggml.eos_token_id"]],
        "source": path.name,
    }


def from_folder(folder: Path, name: str) -> dict[str, str]:
    """A template of the R1 distills, from a folder of .jinja files."""
    template = (folder / name).read_text(encoding="utf-8")
    return {"template": template, "bosToken": R1_BOS, "eosToken": R1_EOS, "source": name}


def render(entry: dict[str, str], messages: list[dict[str, str]], prompt: bool) -> str:
    """What a transformers tokenizer with this template and these special tokens returns."""
    rendered = render_jinja_template(
        conversations=[messages],
        chat_template=entry["template"],
        add_generation_prompt=prompt,
        bos_token=entry["bosToken"],
        eos_token=entry["eosToken"],
    )
    texts = rendered[0] if isinstance(rendered, tuple) else rendered
    return texts[0]


def generate(folder: Path, templates: Path, smollm2: Path, qwen: Path) -> None:
    """Renders every conversation with every template, with and without a generation prompt."""
    catalogue = {name: from_folder(templates, file) for name, file in R1_TEMPLATES.items()}
    catalogue |= {"smollm2": from_gguf(smollm2), "qwen2.5-coder": from_gguf(qwen)}
    cases = [
        {
            "template": name,
            "messages": messages,
            "addGenerationPrompt": prompt,
            "expected": render(entry, messages, prompt),
        }
        for name, entry in catalogue.items()
        for messages in CONVERSATIONS
        for prompt in (False, True)
    ]
    write_json(folder / "chat_templates.json", {"templates": catalogue, "cases": cases})


if __name__ == "__main__":
    parser = output_parser(__doc__)
    for option, text in (
        ("--templates", "llama.cpp's models/templates"),
        ("--smollm2", "SmolLM2-135M-Instruct as GGUF"),
        ("--qwen", "Qwen2.5-Coder-1.5B-Instruct as GGUF"),
    ):
        parser.add_argument(option, type=Path, required=True, help=text)
    options = parser.parse_args()
    generate(options.out, options.templates, options.smollm2, options.qwen)
