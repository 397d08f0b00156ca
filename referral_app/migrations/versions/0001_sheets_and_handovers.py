"""sheets and handovers

Revision: 0001, after None
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('number_counter',
    sa.Column('prefix', sa.String(length=8), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('prefix')
    )
    op.create_table('sheet',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=16), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('received_at', sa.DateTime(), nullable=False),
    sa.Column('saved_at', sa.DateTime(), nullable=False),
    sa.Column('clerk_department', sa.String(length=40), nullable=False),
    sa.Column('clerk_name', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('kana', sa.String(length=60), nullable=False),
    sa.Column('gender', sa.String(length=12), nullable=False),
    sa.Column('birth', sa.String(length=40), nullable=False),
    sa.Column('address', sa.String(length=120), nullable=False),
    sa.Column('phone', sa.String(length=40), nullable=False),
    sa.Column('visitor_name', sa.String(length=60), nullable=False),
    sa.Column('visitor_relation', sa.String(length=40), nullable=False),
    sa.Column('visitor_phone', sa.String(length=40), nullable=False),
    sa.Column('may_phone', sa.String(length=4), nullable=False),
    sa.Column('may_leave_message', sa.String(length=4), nullable=False),
    sa.Column('may_post', sa.String(length=4), nullable=False),
    sa.Column('phone_hours', sa.String(length=60), nullable=False),
    sa.Column('story', sa.Text(), nullable=False),
    sa.Column('wish', sa.Text(), nullable=False),
    sa.Column('done_so_far', sa.Text(), nullable=False),
    sa.Column('explained', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('number')
    )
    op.create_table('handover',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sheet_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('window', sa.String(length=24), nullable=False),
    sa.Column('department', sa.String(length=80), nullable=False),
    sa.Column('programme', sa.String(length=80), nullable=False),
    sa.Column('ask', sa.Text(), nullable=False),
    sa.Column('way', sa.String(length=12), nullable=False),
    sa.Column('name_only', sa.Boolean(), nullable=False),
    sa.Column('consent', sa.String(length=16), nullable=False),
    sa.Column('consent_by', sa.String(length=40), nullable=False),
    sa.Column('consent_at', sa.DateTime(), nullable=True),
    sa.Column('withdrawn_by', sa.String(length=40), nullable=False),
    sa.Column('withdrawn_at', sa.DateTime(), nullable=True),
    sa.Column('legal_ground', sa.String(length=40), nullable=False),
    sa.Column('legal_reason', sa.Text(), nullable=False),
    sa.CheckConstraint("consent IN ('', 'oral', 'written', 'refused', 'legal', 'withdrawn')", name='handover_consent'),
    sa.CheckConstraint("consent <> 'legal' OR (legal_ground <> '' AND legal_reason <> '')", name='handover_legal_ground'),
    sa.ForeignKeyConstraint(['sheet_id'], ['sheet.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('sheet_id', 'window')
    )
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_handover_sheet_id'), ['sheet_id'], unique=False)

    op.create_table('sheet_item',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('sheet_id', sa.Integer(), nullable=False),
    sa.Column('item', sa.String(length=40), nullable=False),
    sa.Column('gravest', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['sheet_id'], ['sheet.id'], ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('sheet_id', 'item')
    )
    with op.batch_alter_table('sheet_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sheet_item_sheet_id'), ['sheet_id'], unique=False)



def downgrade() -> None:
    with op.batch_alter_table('sheet_item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sheet_item_sheet_id'))

    op.drop_table('sheet_item')
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_handover_sheet_id'))

    op.drop_table('handover')
    op.drop_table('sheet')
    op.drop_table('number_counter')
