using System.Globalization;
using System.Net;
using System.Text;

namespace RaftStream.Chaos.Reports;

/// <summary>A picture over the time of the run.</summary>
internal sealed class Svg(double seconds, double height)
{
    private const double Left = 110;
    private const double Width = 1080;
    private readonly StringBuilder _body = new();

    public double X(double at) => Left + (Math.Clamp(at / seconds, 0, 1) * (Width - Left));

    /// <summary>A box from one second to another, with words that appear under the pointer.</summary>
    public void Box(string style, double from, double to, double top, double boxHeight, string title) => Append(
        $"<rect class=\"{style}\" x=\"{X(from):F1}\" y=\"{top:F1}\" width=\"{Math.Max(1, X(to) - X(from)):F1}\" height=\"{boxHeight:F1}\"><title>{WebUtility.HtmlEncode(title)}</title></rect>");

    public void Label(double x, double y, string text, string style = "label") => Append($"<text class=\"{style}\" x=\"{x:F1}\" y=\"{y:F1}\">{WebUtility.HtmlEncode(text)}</text>");

    public void Line(string style, IEnumerable<(double Second, double Y)> points) =>
        Append($"<polyline class=\"{style}\" points=\"{string.Join(' ', points.Select(point => string.Create(CultureInfo.InvariantCulture, $"{X(point.Second):F1},{point.Y:F1}")))}\"/>");

    public void Dot(string style, double second, double y) => Append($"<circle class=\"{style}\" cx=\"{X(second):F1}\" cy=\"{y:F1}\" r=\"1.5\"/>");

    public void Across(double y) => Append($"<line class=\"grid\" x1=\"{Left}\" y1=\"{y:F1}\" x2=\"{Width}\" y2=\"{y:F1}\"/>");

    /// <summary>Seconds below the picture.</summary>
    public void Axis()
    {
        double step = seconds switch { <= 30 => 5, <= 120 => 10, <= 600 => 60, _ => 300 };
        for (double at = 0; at <= seconds; at += step)
        {
            Append($"<line class=\"grid\" x1=\"{X(at):F1}\" y1=\"0\" x2=\"{X(at):F1}\" y2=\"{height - 16:F1}\"/>");
            Label(X(at), height - 3, string.Create(CultureInfo.InvariantCulture, $"{at:F0} s"), "tick");
        }
    }

    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"<svg viewBox=\"0 0 {Width + 10:F0} {height:F0}\" xmlns=\"http://www.w3.org/2000/svg\">\n{_body}</svg>\n");

    private void Append(FormattableString text) => _body.AppendLine(text.ToString(CultureInfo.InvariantCulture));
}
