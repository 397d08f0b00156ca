"""practice

Revision: 0004, after 0003

The training's own tables; none leads to a sheet or a つなぎ.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('practice_scenario',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=30), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('saved_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("state IN ('draft', 'published', 'withdrawn')", name='practice_scenario_state'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_practice_scenario_code', 'practice_scenario', ['code'])
    op.create_table('practice_scenario_text',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('scenario_id', sa.Integer(), nullable=False),
    sa.Column('version', sa.String(length=12), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['scenario_id'], ['practice_scenario.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['account_id'], ['account.id']),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_index('ix_practice_scenario_text_scenario_id', 'practice_scenario_text', ['scenario_id'])
    op.create_index('ix_practice_scenario_text_version', 'practice_scenario_text', ['version'])
    op.create_table('practice_course',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('opened_at', sa.DateTime(), nullable=False),
    sa.Column('closed_at', sa.DateTime(), nullable=True),
    sa.Column('report', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id']),
    sa.PrimaryKeyConstraint('id'),
    sa.UniqueConstraint('code')
    )
    op.create_table('practice_member',
    sa.Column('course_id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('joined_at', sa.DateTime(), nullable=False),
    sa.ForeignKeyConstraint(['course_id'], ['practice_course.id'], ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['account_id'], ['account.id']),
    sa.PrimaryKeyConstraint('course_id', 'account_id')
    )
    op.create_index('ix_practice_member_account_id', 'practice_member', ['account_id'])
    _answers()


def _answers() -> None:
    op.create_table('practice_run',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=True),
    sa.Column('scenario', sa.String(length=30), nullable=False),
    sa.Column('version', sa.String(length=12), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('points', sa.Text(), nullable=False),
    sa.Column('started_at', sa.DateTime(), nullable=False),
    sa.Column('saved_at', sa.DateTime(), nullable=False),
    sa.Column('finished_at', sa.DateTime(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id']),
    sa.ForeignKeyConstraint(['course_id'], ['practice_course.id'], ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id')
    )
    op.create_table('practice_answers',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=False),
    sa.Column('course_id', sa.Integer(), nullable=True),
    sa.Column('kind', sa.String(length=8), nullable=False),
    sa.Column('answers', sa.Text(), nullable=False),
    sa.Column('saved_at', sa.DateTime(), nullable=False),
    sa.CheckConstraint("kind IN ('quiz', 'before', 'after')", name='practice_answers_kind'),
    sa.ForeignKeyConstraint(['account_id'], ['account.id']),
    sa.ForeignKeyConstraint(['course_id'], ['practice_course.id'], ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id')
    )
    for table in ('practice_run', 'practice_answers'):
        for column in ('account_id', 'course_id', 'saved_at'):
            op.create_index(f'ix_{table}_{column}', table, [column])


def downgrade() -> None:
    for table in (
        'practice_answers', 'practice_run', 'practice_member', 'practice_course', 'practice_scenario_text',
        'practice_scenario',
    ):
        op.drop_table(table)
