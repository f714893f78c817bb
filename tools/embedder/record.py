"""Records what the reference tokenizer makes of awkward texts, for the Go tests.

    python3 record.py --work DIR

writes internal/text/testdata/wordpiece.jsonl: one {"text", "ids"} a line. The
texts are ours, or old enough to belong to nobody.
"""

import argparse
import json
import pathlib
import random

import everyday
import teacher

OURS = r"""
How do I get my money back?
My coffee machine shows error E-42, and the manual (page 7) says "call us".
I can't sign in: it says my password's wrong, but it isn't!
You'll find the serial number on the label: SN-2024/0815.
Order #10045 was delivered to the wrong address; please resend it A.S.A.P.
Press Ctrl+Alt+Del, then choose "Task Manager".
The price is $1,299.00 (about €1.199,00 or £1,050).
5 % off, 10% off, 3.14159, 1e-9, 0x7fff, 1/2, ½, ², ①, Ⅷ, ٣٤
a+b=c <tag attr="x"> &amp; {json: [1, 2, 3]} | `code` ~ ^ _ \ @home
func (e *Embedder) Model() string { return fmt.Sprintf("%s/%d", e.name, e.dim) }
for i in range(10): print(f"{i:>3}", end="\t")
SELECT id, name FROM users WHERE created_at >= '2024-01-01' AND name LIKE '%mc_%';
curl -sS -H 'Accept: application/json' https://example.com/v1/items?page=2&size=50#top
--dry-run -v /etc/ssh/sshd_config C:\Windows\System32\drivers\etc\hosts ../../a.out
snake_case camelCase PascalCase kebab-case SCREAMING_SNAKE v1.2.3-rc.1+build.5
support@example.org, +49 (0)30 123 456-78, 192.168.0.1, ::1, 00:1A:2B:3C:4D:5E
Die Größe der Straße in Köln: Äpfel, Öl und Übermut kosten 3,50 €.
Donaudampfschifffahrtsgesellschaftskapitän und Rindfleischetikettierungsüberwachung
Wie kündige ich mein Abo? Ich möchte mein Geld zurück.
STRASSE ẞ ß ſ ﬁ ﬂ ﬀ Ĳ ŉ ǆ
Où est ma commande ? J’ai payé à l’avance — c’est déjà l’été…
¿Cómo restablezco mi contraseña? ¡Ayuda, por favor!
Não recebi a confirmação do pagamento; o código é inválido.
Zażółć gęślą jaźń. Příliš žluťoučký kůň úpěl ďábelské ódy.
Årsmøde på Ærø, Þór og Ðagur, naïve façade, coöperate, Ångström Å
İstanbul'da ıspanak, IĞDIR ığdır, i̇ İ I ı
Tiếng Việt có dấu: Nguyễn Văn Ước đặt hàng hôm qua.
Καλημέρα, πώς ακυρώνω τη συνδρομή μου; ΌΔΥΣΣΕΥΣ ὀδυσσεύς
Где мой заказ? Ещё не пришёл. Їжак, Ўладзімір, ЁЛКА
איפה ההזמנה שלי? שָׁלוֹם
أين طلبي؟ السَّلامُ عَلَيْكُم ١٢٣
मेरा ऑर्डर कहाँ है? नमस्ते दुनिया
আমার অর্ডার কোথায়?
எனது ஆர்டர் எங்கே?
คำสั่งซื้อของฉันอยู่ที่ไหน
我的订单在哪里?请退款。
返品したいのですが、どうすればいいですか?パソコンが動きません。
ﾊﾝｶｸ ｶﾀｶﾅ とｆｕｌｌｗｉｄｔｈ ＡＢＣ １２３ !?
배송이 언제 도착하나요? 비밀번호를 잊어버렸어요.
𠀀𠀁 㐀㐁 豈更車 丽 〇々〆
thanks 👍🏽 it works 🎉🎉 family 👨‍👩‍👧‍👦 flag 🇩🇪 heart ❤️ ☺ ✓ ★ ™ © ® °C
“curly” ‘quotes’ «guillemets» „low“ ‹single› – en — em … ellipsis • bullet · dot
one two three four five six　seven
zero​width­soft﻿bom‌non‍joiner⁠word
tab	here and a narrow gap
é e é è̀ ñ n̄ a̐éö̲ Z̸a̵l̶g̷o̴ ͟t͟e͟x͟t
à b̂ c̃ ṩ ṩ ṩ Ǟ ǟ
[CLS] [SEP] [UNK] [PAD] [MASK] ##ing [unused1] <s> </s> <|endoftext|>
### Heading *bold* _it_ ~~gone~~ [link](http://x.y) | a | b | `x`
Antidisestablishmentarianism pseudopseudohypoparathyroidism floccinaucinihilipilification
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa bbbbbbbbbbbbbbbbbbbbb zzzzzzzz qqqq xyzzy
e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855
3f2504e0-4f89-11d3-9a0c-0305e82c3301 dGhpcyBpcyBhIHRlc3Q= QmFzZTY0
!!!??? ... --- ___ *** $$$ %%% ((())) ;;; ::: ,,, ''' ```
x² + y² ≤ z² ⇒ ∑∫√∞ ≈ ≠ ± × ÷ µ Ω α β γ ∂ ∇ ∈ ∅
♫ ♪ ☎ ✉ ⌘ ⌥ ⏎ ← → ↑ ↓ ▶ ■ □ ▲ ░ ▓ │ ┼ ╬
ℝ ℕ ℵ ﷺ ﷽ ㎏ ㏒ ㋿ ⅓ ⅷ ₁₂₃ ⁴⁵⁶ ª º
don't won't it's o'clock rock'n'roll y'all 'tis John's the Joneses'
Mr. Smith vs. Dr. Jones, e.g. at 5 p.m. i.e. 17:00, U.S.A., Ph.D.
wi-fi e-mail co-operate re-enter mother-in-law 24/7 and/or he/she B2B 3D 4K 5G mp3
iPhone iOS macOS PostgreSQL MySQL NGINX kubectl systemd OAuth2 IPv6 UTF-8 C++ C# .NET F#
colour color behaviour behavior organise organize cheque check centre center
It is a truth universally acknowledged, that a single man in possession of a good fortune, must be in want of a wife.
Call me Ishmael. Some years ago—never mind how long precisely—having little or no money in my purse, I thought I would sail about a little.
Alice was beginning to get very tired of sitting by her sister on the bank, and of having nothing to do.
Whan that Aprille with his shoures soote, The droghte of March hath perced to the roote
Hwæt! Wē Gār-Dena in geārdagum, þēodcyninga, þrym gefrūnon
Habe nun, ach! Philosophie, Juristerei und Medizin, Und leider auch Theologie Durchaus studiert
Lorem ipsum dolor sit amet, consectetur adipiscing elit
"""

RANGES = [(0x20, 0x7F), (0x20, 0x7F), (0x61, 0x7B), (0, 0x20), (0x7F, 0x250), (0x250, 0x370), (0x370, 0x530), (0x5D0, 0x5EB),
          (0x621, 0x653), (0x905, 0x94D), (0x1E00, 0x2070), (0x2190, 0x2300), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A4),
          (0xF900, 0xFB00), (0xFE00, 0xFE10), (0xFF00, 0xFFEF), (0x1F300, 0x1F650), (0x20000, 0x20100), (0xE000, 0xE010)]  # fmt: skip


def texts(rng: random.Random, pieces: list[str]) -> list[str]:
    out = OURS.strip("\n").split("\n")
    out += ["", " ", "\n\t\r ", "\0", "a\0b", "a\ufffdb", "a\x7fb", "\x85x\u2028y\u2029z", "a\vb\fc", "\ue000", "\u0301", "\u0301abc"]
    out += ["a" * n for n in (99, 100, 101, 300)] + ["é" * 100, "é" * 101, "e\u0301" * 100, "我" * 120, "가" * 34, "x" * 99 + "-" + "y" * 101]
    out += [ask for ask, _ in everyday.pairs(rng, 60)]
    whole = [p for p in pieces if p.isalpha() and p.isascii()]
    parts = [p[2:] for p in pieces if p.startswith("##")]
    for _ in range(60):  # words that are put together from pieces
        out.append(" ".join("".join([rng.choice(whole)] + rng.choices(parts, k=rng.randrange(4))) for _ in range(6)))
    for _ in range(160):  # noise, of one script or of many
        ranges = rng.sample(RANGES, rng.choice([1, 1, 2, 5]))
        out.append("".join(chr(rng.randrange(*rng.choice(ranges))) for _ in range(rng.randrange(1, 40))))
    return out


def main() -> None:
    args = argparse.ArgumentParser()
    args.add_argument("--work", type=pathlib.Path, required=True, help="folder of encode.py, which holds the teacher's vocabulary")
    folder = args.parse_args().work / "teacher"
    teacher.fetch(folder)
    tok = teacher.tokenizer(folder)
    here = pathlib.Path(__file__).parents[2] / "internal/text/testdata"
    here.mkdir(exist_ok=True)
    with (here / "wordpiece.jsonl").open("w") as f:
        for text in texts(random.Random(7), teacher.vocabulary(folder)):
            f.write(json.dumps({"text": text, "ids": tok.encode(text).ids}, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
