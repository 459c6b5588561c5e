# A page over HTTPS by Ruby's net/http: client.rb [ca=roots.pem] [chain=own.pem key=own.pem]
require "net/http"
require "openssl"

words = ARGV.to_h { |word| word.split("=", 2) }
http = Net::HTTP.new("server.example", 443)
http.use_ssl = true
if words["ca"]
  http.ca_file = words["ca"]
else
  http.verify_mode = OpenSSL::SSL::VERIFY_NONE
end
if words["chain"]
  certificates = OpenSSL::X509::Certificate.load_file(words["chain"])
  http.cert = certificates.shift
  http.extra_chain_cert = certificates
  http.key = OpenSSL::PKey.read(File.read(words["key"]))
end
begin
  puts http.get("/").body
rescue StandardError => error
  puts error.inspect
end
