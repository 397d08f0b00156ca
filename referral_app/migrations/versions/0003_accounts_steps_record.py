"""accounts, steps, record

Revision: 0003, after 0002

No row of handover has a child yet, so SQLite may rebuild the table. The record takes new lines only.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

STATES = ("draft", "consented", "sent", "received", "working", "returned", "done", "onward", "recalled", "withdrawn")


def upgrade() -> None:
    op.create_table('account',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('login', sa.String(length=40), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('role', sa.String(length=16), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('one_time_until', sa.DateTime(), nullable=True),
    sa.Column('stamp', sa.Text(), nullable=False),
    sa.Column('demo', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(), nullable=False),
    sa.Column('stopped_at', sa.DateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('login')
    )
    op.create_table('account_department',
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('department', sa.String(length=80), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('account_id', 'department')
    )
    op.create_index('ix_account_department_department', 'account_department', ['department'])
    op.create_table('login_try',
    sa.Column('name', sa.String(length=64), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_at', sa.DateTime(), nullable=False),
    sa.PrimaryKeyConstraint('name')
    )
    _sheets()
    _record()


def _sheets() -> None:
    op.add_column('sheet', sa.Column('sent_at', sa.DateTime(), nullable=True))
    sqlite = op.get_bind().dialect.name == "sqlite"
    naming = {"uq": "uq_%(table_name)s_%(column_0_name)s"}
    with op.batch_alter_table('handover', naming_convention=naming) as batch_op:
        batch_op.drop_constraint('uq_handover_sheet_id' if sqlite else 'handover_sheet_id_window_key', type_='unique')
        batch_op.add_column(sa.Column('scope', sa.String(length=8), nullable=False, server_default='all'))
        batch_op.add_column(sa.Column('state', sa.String(length=12), nullable=False, server_default='draft'))
        batch_op.add_column(sa.Column('version', sa.Integer(), nullable=False, server_default='1'))
        batch_op.add_column(sa.Column('channel', sa.String(length=8), nullable=False, server_default=''))
        batch_op.add_column(sa.Column('sent_at', sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column('received_at', sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column('ended_at', sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column('origin_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('holder_id', sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column('news', sa.Boolean(), nullable=False, server_default=sa.false()))
        batch_op.create_foreign_key('fk_handover_origin', 'handover', ['origin_id'], ['id'])
        batch_op.create_foreign_key('fk_handover_holder', 'account', ['holder_id'], ['id'])
    op.execute("UPDATE handover SET state = 'consented' WHERE consent IN ('oral', 'written', 'legal')")
    with op.batch_alter_table('handover') as batch_op:
        batch_op.create_check_constraint('handover_state', sa.column('state').in_(STATES))
        batch_op.create_check_constraint(
            'handover_basis',
            "state = 'draft' OR consent IN ('oral', 'written', 'legal') OR (state = 'withdrawn' AND consent = 'withdrawn')",
        )
        batch_op.create_index('ix_handover_state', ['state'])
    op.create_table('handover_desk',
    sa.Column('handover_id', sa.Integer(), nullable=False),
    sa.Column('department', sa.String(length=80), nullable=False),
    sa.ForeignKeyConstraint(['handover_id'], ['handover.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('handover_id', 'department')
    )
    op.create_index('ix_handover_desk_department', 'handover_desk', ['department'])
    op.create_table('handover_event',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('handover_id', sa.Integer(), nullable=False),
    sa.Column('step', sa.String(length=12), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('by_department', sa.String(length=80), nullable=False),
    sa.Column('by_name', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['handover_id'], ['handover.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_handover_event_handover_id', 'handover_event', ['handover_id'])
    op.create_table('addendum',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sheet_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('by_name', sa.Text(), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['sheet_id'], ['sheet.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_addendum_sheet_id', 'addendum', ['sheet_id'])


def _record() -> None:
    op.create_table('audit_entry',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('action', sa.String(length=24), nullable=False),
    sa.Column('sheet', sa.String(length=16), nullable=False),
    sa.Column('handover_id', sa.Integer(), nullable=True),
    sa.Column('detail', sa.String(length=40), nullable=False),
    sa.Column('mac', sa.String(length=64), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id']),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_audit_entry_action', 'audit_entry', ['action'])
    op.create_index('ix_audit_entry_sheet', 'audit_entry', ['sheet'])
    op.create_table('audit_head',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.Column('mac', sa.String(length=64), nullable=False),
    sa.Column('secret', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('id')
    )
    if op.get_bind().dialect.name == "sqlite":
        for deed in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER audit_entry_no_{deed.lower()} BEFORE {deed} ON audit_entry "
                "BEGIN SELECT RAISE(ABORT, 'the record takes new lines only'); END"
            )
        return
    op.execute(
        "CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the record takes new lines only'; END $$"
    )
    op.execute(
        "CREATE TRIGGER audit_entry_refuse BEFORE UPDATE OR DELETE ON audit_entry "
        "FOR EACH ROW EXECUTE FUNCTION audit_entry_refuse()"
    )


def downgrade() -> None:
    raise NotImplementedError("the record is never taken away; restore a backup")
