"""The formats of running text: fonts and colours for each kind of word, and for tables."""

from dataclasses import dataclass

from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QTextCharFormat,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTableCellFormat,
    QTextTableFormat,
)

from gui.models.highlight import Tint

QUOTE = QTextFormat.Property.UserProperty.value + 1  # a block's depth of quotation; the view draws the rules
CODE = QTextFormat.Property.UserProperty.value + 2  # a number for each code block; the view draws its ground
RULE = QTextFormat.Property.UserProperty.value + 3  # the view draws a hairline
LANGUAGE = QTextFormat.Property.BlockCodeLanguage.value


@dataclass(frozen=True)
class Style:
    """Colours and fonts of running text. `zoom` scales every measure; fonts come scaled already."""

    text: QColor
    muted: QColor
    accent: QColor
    line: QColor
    sunken: QColor
    tints: dict[Tint, QColor]
    body: QFont
    mono: QFont
    zoom: float = 1.0

    def px(self, measure: float) -> float:
        return measure * self.zoom


class Formats:
    """Formats for one style, each made once. `struck` strikes all of the text through."""

    def __init__(self, style: Style, *, struck: bool = False) -> None:
        self._style = style
        self._struck = struck
        self._formats: dict[tuple[object, ...], QTextCharFormat] = {}

    def characters(
        self,
        bold: bool = False,
        italic: bool = False,
        strike: bool = False,
        code: bool = False,
        link: str = "",
        heading: str = "",
    ) -> QTextCharFormat:
        key = (bold, italic, strike, code, link, heading)
        if key not in self._formats:
            self._formats[key] = self._new_format(bold, italic, strike, code, link, heading)
        return self._formats[key]

    def _new_format(
        self, bold: bool, italic: bool, strike: bool, code: bool, link: str, heading: str
    ) -> QTextCharFormat:
        style = self._style
        font = QFont(style.mono if code else style.body)
        if heading:
            small = heading in ("h4", "h5", "h6")
            scale = 20 / 15 if heading in ("h1", "h2") else 13 / 15 if small else 1.0
            _scale(font, scale)
        if bold or heading:
            font.setWeight(QFont.Weight.DemiBold)
        font.setItalic(italic)
        format_ = QTextCharFormat()
        format_.setFont(font)
        format_.setFontStrikeOut(strike or self._struck)
        format_.setForeground(QBrush(style.accent if link else style.text))
        if code:
            format_.setBackground(QBrush(style.sunken))
        if link:
            format_.setAnchor(True)
            format_.setAnchorHref(link)
            format_.setToolTip(link)
            format_.setFontUnderline(True)
        return format_

    def mono(self, tint: Tint) -> QTextCharFormat:
        if (tint,) not in self._formats:
            format_ = QTextCharFormat()
            format_.setFont(self._style.mono)
            format_.setForeground(QBrush(self._style.tints.get(tint, self._style.text)))
            self._formats[(tint,)] = format_
        return self._formats[(tint,)]

    def table(self, above: float, widths: tuple[float, ...], left: float) -> QTextTableFormat:
        """A table with hairlines below its rows; `above` is in units of the design, `widths` in percent."""
        format_ = QTextTableFormat()
        format_.setBorder(0)
        format_.setCellSpacing(0)
        format_.setCellPadding(0)
        format_.setBorderCollapse(True)
        format_.setTopMargin(self._style.px(above))
        format_.setBottomMargin(0 if widths else self._style.px(12))
        format_.setLeftMargin(left)
        if widths:
            format_.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
            percent = QTextLength.Type.PercentageLength
            format_.setColumnWidthConstraints([QTextLength(percent, width) for width in widths])
        return format_

    def cell(self, head: bool) -> QTextTableCellFormat:
        px = self._style.px
        format_ = QTextTableCellFormat()
        format_.setTopPadding(px(5))
        format_.setBottomPadding(px(5))
        format_.setRightPadding(px(16))
        format_.setLeftPadding(px(2))
        format_.setBottomBorder(1)
        format_.setBottomBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
        format_.setBottomBorderBrush(QBrush(self._style.muted if head else self._style.line))
        return format_


def _scale(font: QFont, factor: float) -> None:
    if font.pixelSize() > 0:
        font.setPixelSize(round(font.pixelSize() * factor))
    else:
        font.setPointSizeF(font.pointSizeF() * factor)
