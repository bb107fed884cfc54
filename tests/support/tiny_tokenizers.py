"""Tokenizers of the real classes whose vocabulary is single letters, built offline."""

from __future__ import annotations

from transformers import BartTokenizer, CLIPTokenizer, Qwen2Tokenizer, T5TokenizerFast

CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}{{ c['text'] }}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def _letters() -> list[str]:
    """The 256 symbols that stand for bytes in byte-level tokenizers (Radford et al., «GPT-2», 2019)."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(byte) for byte in plain] + [chr(256 + number) for number in range(256 - len(plain))]


def clip_tokenizer() -> CLIPTokenizer:
    letters = _letters()
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    return CLIPTokenizer(vocab={token: number for number, token in enumerate(tokens)}, merges=[], model_max_length=77)


def bart_tokenizer() -> BartTokenizer:
    """As Florence-2 has it, with a token for the picture."""
    tokens = ["<s>", "<pad>", "</s>", "<unk>", *_letters(), "<mask>", "<image>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    return BartTokenizer(vocab=vocabulary, merges=[], extra_special_tokens={"image_token": "<image>"})


def t5_tokenizer() -> T5TokenizerFast:
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -2.0)]
    vocabulary += [(chr(code), -3.0) for code in range(33, 127)]
    return T5TokenizerFast(vocab=vocabulary, extra_ids=0, additional_special_tokens=[], model_max_length=512)


def qwen_tokenizer(*pictures: str) -> Qwen2Tokenizer:
    """The tokenizer knows the tokens of `pictures` besides those of a chat."""
    tokens = [*_letters(), "<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    vocabulary = {token: number for number, token in enumerate(tokens)}
    tokenizer = Qwen2Tokenizer(vocab=vocabulary, merges=[], model_max_length=4096)
    tokenizer.add_special_tokens({"additional_special_tokens": ["<|im_start|>", "<|im_end|>", *pictures]})
    tokenizer.chat_template = CHAT
    return tokenizer
