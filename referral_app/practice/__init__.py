"""The training (研修): scenarios, runs, reviews, quiz. It knows no database and no sheet: a run can reach no inbox."""

from referral_app.practice.material import Practice, load

__all__ = ["Practice", "load"]
