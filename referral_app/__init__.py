"""つながるデスク: worry in, windows out, つながるシート on paper.

Three floors, read from the ground up:

* nouns and tables: ``errors``, ``types``, ``config``, ``days``, ``catalogue``, ``rules``, ``access``, ``consent``,
  ``steps``
* understand: ``matching`` (no web, no database; ``from referral_app.matching import Finder``)
* verbs: ``consult``, ``sheets``, ``sending``, ``handovers``, ``inbox``, ``papers``, ``accounts``, ``audit``,
  ``retention`` (with ``models`` and ``db``)
* pages: ``web`` and ``cli``

Words used at the counter and in the code::

    悩み worry · 事業 programme · 担当課 department · 窓口 window · つながるシート sheet
    つなぎ handover (sheet × destination) · 同意 consent · 受領 receipt · 回答 answer
    差戻し return · 再つなぎ onward · 注意 alert · 窓口職員 clerk · 受講者 trainee
    記録 record (audit) · 役割 role · 手続き段階 step · 受信箱 inbox · あとから分かったこと addendum
    悩み辞書 lexicon · 基本施策 policy · 重点サポート対象者 priority group · 対応メモ memo
"""

__version__ = "0.2.0"
