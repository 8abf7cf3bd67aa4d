"""What the palette cannot say: flat controls, one-pixel lines, the primary button.

Widgets opt in by a dynamic property "role" ("primary", "quiet", "danger", "hint", "title",
"sentence", "panel", "rail") or by their class.
"""

from __future__ import annotations

from string import Template
from typing import TYPE_CHECKING

from core import paths

if TYPE_CHECKING:
    from app.palette import Colours

_SHEET = Template(
    """
* { outline: none; }
QToolTip { background: $panel; color: $text; border: 1px solid $line_strong; padding: 4px 6px; }
QMainWindow, QDialog { background: $window; }
QDialogButtonBox { dialogbuttonbox-buttons-have-icons: 0; }
QWidget[role="panel"] { background: $panel; }
QWidget[role="rail"] { background: $window; border: none; border-right: 1px solid $line; }
QWidget[role="status"] { background: $window; border: none; border-top: 1px solid $line; }
QWidget[role="toolbar"] { background: $panel; border: none; border-bottom: 1px solid $line; }
QLabel { background: transparent; }
QLabel[role="hint"] { color: $muted; font-size: 11px; }
QLabel[role="muted"] { color: $muted; }
QLabel[role="title"] { font-size: 15px; font-weight: 600; }
QLabel[role="section"] { color: $muted; font-size: 11px; font-weight: 600; }
QLabel[role="sentence"] { font-size: 20px; }
QLabel[role="sentence"]:disabled { color: $muted; }
QLabel[role="problem"] { color: $danger; font-size: 11px; }
QLabel[role="warning"] { color: $warning; }

QMenuBar { background: $window; color: $text; border-bottom: 1px solid $line; padding: 1px 6px; }
QMenuBar::item { padding: 4px 8px; border-radius: 4px; background: transparent; }
QMenuBar::item:selected { background: $hover; }
QMenu { background: $panel; color: $text; border: 1px solid $line_strong; padding: 4px; }
QMenu::item { padding: 5px 24px 5px 12px; border-radius: 4px; }
QMenu::item:selected { background: $selected; color: $text; }
QMenu::item:disabled { color: $disabled; }
QMenu::separator { height: 1px; background: $line; margin: 4px 8px; }
QMenu::icon { padding-left: 6px; }

QPushButton { background: $panel; color: $text; border: 1px solid $line_strong; border-radius: 6px;
  padding: 5px 12px; min-height: 18px; }
QPushButton:hover { background: $hover; }
QPushButton:pressed { background: $line; }
QPushButton:focus { border-color: $accent; }
QPushButton:disabled { color: $disabled; border-color: $line; }
QPushButton[role="primary"] { background: $accent; color: $on_accent; border-color: $accent;
  font-weight: 600; }
QPushButton[role="primary"]:hover { background: $accent_hover; border-color: $accent_hover; }
QPushButton[role="primary"]:focus { border-color: $text; }
QPushButton[role="primary"]:disabled { background: $line; color: $disabled; border-color: $line; }
QPushButton[role="quiet"] { background: transparent; border-color: transparent; }
QPushButton[role="quiet"]:hover { background: $hover; }
QPushButton[role="quiet"]:focus { border-color: $accent; }
QPushButton[role="quiet"]:disabled { background: transparent; }
QPushButton[role="danger"] { color: $danger; }
QPushButton::menu-indicator { image: url("$icons/chevron-down.svg"); width: 12px; height: 12px;
  subcontrol-position: right center; right: 6px; }

QToolButton { background: transparent; color: $text; border: 1px solid transparent;
  border-radius: 6px; padding: 3px; }
QToolButton:hover { background: $hover; }
QToolButton:checked { background: $selected; }
QToolButton:focus { border-color: $accent; }
QToolButton:disabled { color: $disabled; }
QToolButton::menu-indicator { image: none; }
QToolButton[role="split"] { border: 1px solid $line_strong; background: $panel;
  padding: 5px 26px 5px 8px; min-height: 18px; }
QToolButton[role="split"]:hover { background: $hover; }
QToolButton[role="split"]:focus { border-color: $accent; }
QToolButton[role="split"]::menu-button { border: none; border-left: 1px solid $line; width: 20px; }
QToolButton[role="split"]::menu-arrow { image: url("$icons/chevron-down.svg");
  width: 10px; height: 10px; }
QToolButton[role="section"], QToolButton[role="subsection"] { color: $text; font-weight: 600;
  padding: 3px 6px 3px 0; margin-left: -4px; }
QToolButton[role="subsection"] { color: $muted; font-size: 12px; }
QToolButton[role="section"]:checked, QToolButton[role="subsection"]:checked {
  background: transparent; }
QToolButton[role="section"]:hover, QToolButton[role="subsection"]:hover { background: $hover; }
QWidget[role="nested"] { border-left: 1px solid $line; }
QWidget[role="rail"] QToolButton { border-radius: 8px; padding: 6px 2px; font-size: 11px;
  color: $muted; }
QWidget[role="rail"] QToolButton:checked { background: $selected; color: $text; }
QWidget[role="segments"] { background: transparent; }
QWidget[role="segments"] QToolButton { border: 1px solid $line_strong; border-radius: 0;
  background: $panel; color: $muted; padding: 4px 10px; margin-right: -1px; }
QWidget[role="segments"] QToolButton[place="first"] { border-top-left-radius: 6px;
  border-bottom-left-radius: 6px; }
QWidget[role="segments"] QToolButton[place="last"] { border-top-right-radius: 6px;
  border-bottom-right-radius: 6px; margin-right: 0; }
QWidget[role="segments"] QToolButton:hover { background: $hover; }
QWidget[role="segments"] QToolButton:checked { background: $selected; color: $text; }
QWidget[role="segments"] QToolButton:focus { border-color: $accent; }

QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox, QPlainTextEdit, QTextEdit { background: $field;
  color: $text; border: 1px solid $line_strong; border-radius: 6px; padding: 4px 7px;
  selection-background-color: $accent; selection-color: $on_accent; }
QLineEdit, QSpinBox, QDoubleSpinBox, QComboBox { min-height: 18px; }
QLineEdit { placeholder-text-color: $muted; }
QLineEdit:focus, QSpinBox:focus, QDoubleSpinBox:focus, QComboBox:focus, QPlainTextEdit:focus,
QTextEdit:focus { border-color: $accent; }
QLineEdit[wrong="true"], QSpinBox[wrong="true"], QDoubleSpinBox[wrong="true"],
QComboBox[wrong="true"] { border-color: $danger; }
QLineEdit:disabled, QSpinBox:disabled, QDoubleSpinBox:disabled, QComboBox:disabled {
  color: $disabled; background: $window; border-color: $line; }
QComboBox { padding-right: 2px; }
QComboBox::drop-down { border: none; width: 22px; subcontrol-position: right center; }
QComboBox::down-arrow { image: url("$icons/chevron-down.svg"); width: 12px; height: 12px; }
QComboBox QAbstractItemView { background: $panel; color: $text; border: 1px solid $line_strong;
  padding: 4px; selection-background-color: $selected; selection-color: $text; outline: none; }
QComboBox QAbstractItemView::item { min-height: 24px; padding: 2px 6px; }
QComboBox QLineEdit { border: none; border-radius: 0; padding: 0; background: transparent; }
QListView[role="offer"] { background: $panel; color: $text; border: 1px solid $line_strong;
  padding: 4px; }
QListView[role="offer"]::item { min-height: 24px; padding: 2px 6px; }
QSpinBox::up-button, QDoubleSpinBox::up-button { border: none; width: 18px;
  subcontrol-position: top right; margin: 2px 2px 0 0; }
QSpinBox::down-button, QDoubleSpinBox::down-button { border: none; width: 18px;
  subcontrol-position: bottom right; margin: 0 2px 2px 0; }
QSpinBox::up-arrow, QDoubleSpinBox::up-arrow { image: url("$icons/chevron-up.svg");
  width: 10px; height: 10px; }
QSpinBox::down-arrow, QDoubleSpinBox::down-arrow { image: url("$icons/chevron-down.svg");
  width: 10px; height: 10px; }

QCheckBox, QRadioButton { spacing: 6px; background: transparent; }
QCheckBox::indicator, QTreeView::indicator, QTableView::indicator, QListView::indicator {
  width: 14px; height: 14px; border: 1px solid $line_strong; border-radius: 4px;
  background: $field; }
QCheckBox::indicator:hover { border-color: $accent; }
QCheckBox:focus { color: $accent; }
QCheckBox:disabled { color: $disabled; }
QCheckBox::indicator:checked, QTreeView::indicator:checked, QTableView::indicator:checked,
QListView::indicator:checked { background: $accent; border-color: $accent;
  image: url("$icons/check.svg"); }
QCheckBox::indicator:checked:disabled { background: $line_strong; border-color: $line_strong; }

QSlider::groove:horizontal { height: 4px; border-radius: 2px; background: $line_strong; }
QSlider::sub-page:horizontal { background: $accent; border-radius: 2px; }
QSlider::handle:horizontal { width: 14px; height: 14px; margin: -5px 0; border-radius: 7px;
  background: $accent; border: none; }
QSlider::handle:horizontal:hover { background: $accent_hover; }
QSlider::handle:horizontal:disabled, QSlider::sub-page:horizontal:disabled {
  background: $disabled; }
QRangeSlider { qproperty-barColor: $accent; }
QSlider:focus { border: 1px solid $accent; border-radius: 6px; }
QProgressBar { background: $line; border: none; border-radius: 3px; max-height: 6px;
  min-height: 6px; }
QProgressBar::chunk { background: $accent; border-radius: 3px; }

QProgressBar[role="thin"] { max-height: 3px; min-height: 3px; border-radius: 0; }
QProgressBar[role="thin"]::chunk { border-radius: 0; }
QTextBrowser[role="page"] { border: none; border-radius: 0; padding: 0; }

QTabWidget { background: transparent; }
QTabWidget::pane { border: none; border-top: 1px solid $line; }
QTabBar { background: transparent; }
QTabBar::tab { background: transparent; color: $muted; padding: 6px 9px; border: none;
  border-bottom: 2px solid transparent; }
QTabBar::tab:hover { color: $text; }
QTabBar::tab:selected { color: $text; border-bottom-color: $accent; }
QTabBar:focus { color: $accent; }

QAbstractItemView { background: $panel; alternate-background-color: $window; color: $text;
  border: none; selection-background-color: $selected; selection-color: $text; }
QTreeView::item, QListView::item, QTableView::item { padding: 3px 4px; }
QTreeView::item:hover, QListView::item:hover { background: $hover; }
QTreeView::item:selected, QListView::item:selected, QTableView::item:selected {
  background: $selected; color: $text; }
QHeaderView { background: $panel; border: none; }
QHeaderView::section { background: $panel; color: $muted; font-size: 11px; border: none;
  border-bottom: 1px solid $line; padding: 5px 6px; }
QTableView { gridline-color: $line; }
QTableCornerButton::section { background: $panel; border: none; }

QScrollArea { background: transparent; border: none; }
QAbstractScrollArea::corner { background: transparent; }
QScrollBar:vertical { background: transparent; width: 10px; margin: 0; }
QScrollBar:horizontal { background: transparent; height: 10px; margin: 0; }
QScrollBar::handle { background: $line_strong; border-radius: 3px; margin: 2px; }
QScrollBar::handle:vertical { min-height: 28px; }
QScrollBar::handle:horizontal { min-width: 28px; }
QScrollBar::handle:hover { background: $muted; }
QScrollBar::add-line, QScrollBar::sub-line { width: 0; height: 0; }
QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }
QSplitter::handle { background: $line; }
QSplitter::handle:horizontal { width: 1px; }
QSplitter::handle:vertical { height: 1px; }
QSplitter::handle:hover { background: $accent; }
QFrame[role="line"] { background: $line; border: none; min-height: 1px; max-height: 1px; }
QFrame[role="banner"][tone="danger"] { background: $danger_ground; border: none;
  border-radius: 6px; }
QFrame[role="banner"][tone="warning"] { background: $warning_ground; border: none;
  border-radius: 6px; }
QFrame[role="banner"][tone="info"] { background: $selected; border: none; border-radius: 6px; }
"""
)


def style_sheet(colours: Colours) -> str:
    """Return the application's style sheet in these colours."""
    icons = paths.resources_dir() / "icons" / ("dark" if colours.dark else "light")
    return _SHEET.substitute(vars(colours), icons=icons.as_posix())
