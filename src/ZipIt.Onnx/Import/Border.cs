using ZipIt.Networks;

namespace ZipIt.Onnx;

/// <summary>Pixels added on the four sides of a feature map.</summary>
internal readonly record struct Border(int Top, int Left, int Bottom, int Right)
{
    public bool IsSymmetric => Top == Bottom && Left == Right;

    /// <summary>Pixels added above and to the left.</summary>
    public Size2 Start => new(Top, Left);

    public Border Plus(Border other) =>
        checked(new Border(Top + other.Top, Left + other.Left, Bottom + other.Bottom, Right + other.Right));
}
