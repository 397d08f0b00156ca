"""sealed words

Revision: 0002, after 0001

Needs the key only where rows exist. One transaction: a missing key leaves the database as it was.
"""

import sqlalchemy as sa
from alembic import op

from referral_app.sealing import keys_of

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SEALED = {
    "sheet": (
        "clerk_name", "name", "kana", "gender", "birth", "address", "phone", "visitor_name", "visitor_relation",
        "visitor_phone", "may_phone", "may_leave_message", "may_post", "phone_hours", "story", "wish", "done_so_far",
    ),
    "sheet_item": ("item",),
    "handover": ("ask", "consent_by", "withdrawn_by", "legal_ground", "legal_reason"),
}


def upgrade() -> None:
    _items_without_unique()  # sealed texts are never equal
    for name, columns in SEALED.items():
        if op.get_bind().dialect.name != "sqlite":  # SQLite counts no characters; a table it rebuilt would cascade
            for column in columns:
                op.alter_column(name, column, type_=sa.Text())
        _seal(name, columns)


def _items_without_unique() -> None:
    op.create_table('sheet_item_new',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sheet_id', sa.Integer(), nullable=False),
    sa.Column('item', sa.Text(), nullable=False),
    sa.Column('gravest', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['sheet_id'], ['sheet.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.execute("INSERT INTO sheet_item_new (id, sheet_id, item, gravest) SELECT id, sheet_id, item, gravest FROM sheet_item")
    op.drop_table('sheet_item')
    op.rename_table('sheet_item_new', 'sheet_item')
    op.create_index('ix_sheet_item_sheet_id', 'sheet_item', ['sheet_id'])


def _seal(name: str, columns: tuple[str, ...]) -> None:
    bind = op.get_bind()
    table = sa.table(name, sa.column("id"), *map(sa.column, columns))
    for row in bind.execute(sa.select(table)).mappings().all():
        values = {column: keys_of(bind.dialect).seal(row[column]) for column in columns if row[column]}
        if values:
            bind.execute(sa.update(table).where(table.c.id == row["id"]).values(values))


def downgrade() -> None:
    raise NotImplementedError("sealed words are not written back in clear; restore a backup")
