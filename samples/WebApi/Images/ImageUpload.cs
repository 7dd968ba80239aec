using Microsoft.AspNetCore.Http.Features;
using Microsoft.ML.Data;
using Microsoft.Net.Http.Headers;

namespace WebApi;

/// <summary>Gets the image out of a request: the body itself, or the first file of a form.</summary>
public sealed class ImageUpload(LimitOptions limits)
{
    private static readonly string[] ImageTypes = ["image/png", "image/jpeg"];
    private const string FormType = "multipart/form-data";

    /// <summary>Reads the file of the image, and checks what can be checked without decoding it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Ends the reading when the client is gone.</param>
    /// <exception cref="RejectedImageException">There is no image, or one that is too large or damaged.</exception>
    public async Task<byte[]> ReadAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        byte[] bytes = await ReadBytesAsync(request, cancellationToken);
        if (bytes.Length == 0)
            throw new RejectedImageException(StatusCodes.Status400BadRequest, "The image is empty.");
        ImageFileCheck.Check(bytes, limits.ImagePixels);
        return bytes;
    }

    /// <summary>Decodes an image file, of which nothing may be missing.</summary>
    /// <param name="bytes">The file.</param>
    /// <exception cref="RejectedImageException">It is damaged.</exception>
    public static MLImage Decode(byte[] bytes)
    {
        ImageFileCheck.CheckPixels(bytes);
        try
        {
            return MLImage.CreateFromStream(new MemoryStream(bytes, writable: false));
        }
        catch (Exception error) when (error is ArgumentException or InvalidOperationException or IOException)
        {
            throw new RejectedImageException(StatusCodes.Status400BadRequest, "The image cannot be decoded.", error);
        }
    }

    private async Task<byte[]> ReadBytesAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        string? type = MediaTypeHeaderValue.TryParse(request.ContentType, out MediaTypeHeaderValue? header) ? header.MediaType.Value?.ToLowerInvariant() : null;
        if (type != FormType && !ImageTypes.Contains(type))
        {
            throw new RejectedImageException(
                StatusCodes.Status415UnsupportedMediaType, $"Expected the content type {string.Join(", ", ImageTypes)} or {FormType}, found {type ?? "none"}.");
        }

        try
        {
            return type == FormType
                ? await ReadFormAsync(request, cancellationToken)
                : await ReadAllAsync(request.Body, request.ContentLength, cancellationToken);
        }
        catch (BadHttpRequestException error)
        {
            // The server found the body longer than it may be, or not what its headers say.
            string message = error.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? $"The request is larger than {limits.RequestBytes} bytes."
                : error.Message;
            throw new RejectedImageException(error.StatusCode, message, error);
        }
        catch (Exception error) when (error is InvalidDataException or IOException && !cancellationToken.IsCancellationRequested)
        {
            throw new RejectedImageException(StatusCodes.Status400BadRequest, $"The form cannot be read. {error.Message}", error);
        }
    }

    private async Task<byte[]> ReadFormAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var options = new FormOptions { MultipartBodyLengthLimit = limits.RequestBytes, MemoryBufferThreshold = (int)Math.Min(limits.RequestBytes, 1 << 20) };
        request.HttpContext.Features.Set<IFormFeature>(new FormFeature(request, options));
        IFormCollection form = await request.ReadFormAsync(cancellationToken);
        if (form.Files.Count != 1)
            throw new RejectedImageException(StatusCodes.Status400BadRequest, $"Expected a form with one file, found {form.Files.Count}.");
        await using Stream file = form.Files[0].OpenReadStream();
        return await ReadAllAsync(file, form.Files[0].Length, cancellationToken);
    }

    private static async Task<byte[]> ReadAllAsync(Stream stream, long? length, CancellationToken cancellationToken)
    {
        // The length is only a claim; the server ends what is longer than allowed.
        var bytes = new MemoryStream((int)Math.Min(length ?? 0, 1 << 20));
        await stream.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }
}
